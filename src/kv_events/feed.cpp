#include "feed.h"

namespace penstock::kv_events {

void Feed::live(std::uint64_t number, Batch batch) {
    if (replaying_) return hold(number, std::move(batch));
    if (next_ && number < *next_) {
        sink_.restarted();
        next_.reset();
    }
    const bool first = !next_;
    const bool missing = first ? number > 0 : number > *next_;
    if (missing && replays_) return ask(next_.value_or(0), number, std::move(batch));
    take(number, batch);
}

// What was told before we listened is learned as well, as far as it is still there.
void Feed::ask(std::uint64_t from, std::uint64_t number, Batch batch) {
    replaying_ = true;
    hold(number, std::move(batch));
    if (replaying_) sink_.want_replay(from);
}

void Feed::hold(std::uint64_t number, Batch batch) {
    held_bytes_ += bytes_of(batch);
    held_.emplace_back(number, std::move(batch));
    if (held_.size() > k_held_max || held_bytes_ > k_held_bytes_max) replay_ended();
}

void Feed::replayed(std::uint64_t number, const Batch& batch) {
    if (!replaying_ || (next_ && number < *next_)) return;
    take(number, batch);
}

void Feed::replay_ended() {
    if (!replaying_) return;
    replaying_ = false;
    held_bytes_ = 0;
    for (const auto& [number, batch] : std::exchange(held_, {})) {
        if (!next_ || number >= *next_) take(number, batch);
    }
}

void Feed::take(std::uint64_t number, const Batch& batch) {
    if (next_ && number > *next_) sink_.lost();
    next_ = number + 1;
    sink_.apply(batch);
}

void Feed::forget() noexcept {
    next_.reset();
    held_.clear();
    held_bytes_ = 0;
    replaying_ = false;
}

}  // namespace penstock::kv_events
