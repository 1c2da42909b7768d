#include "subscription.h"

#include <utility>

#include "wire.h"

namespace penstock::kv_events {

Subscription::Subscription(Owner owner, std::uint32_t rank, const std::string& events,
                           const std::string& replays)
    : owner_{std::move(owner)},
      rank_{rank},
      replays_{replays},
      feed_{*this, !replays.empty()},
      idle_timer_{owner_.loop},
      whole_timer_{owner_.loop} {
    const auto on_message = [this](const ZmqSocket::Frames& frames) { received(frames); };
    events_ = std::make_unique<ZmqSocket>(owner_.loop, owner_.context, ZmqSocket::Kind::subscribe,
                                          on_message);
    const std::string inside =
        "inproc://connection-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
    if (events_->report_to(inside)) {
        connection_ =
            std::make_unique<ZmqSocket>(owner_.loop, owner_.context, ZmqSocket::Kind::pair,
                                        [this](const ZmqSocket::Frames& frames) {
                                            connection_changed(connection_news(frames));
                                        });
        if (!connection_->connect(inside)) connection_.reset();
    }
    if (const Result<void> connected = events_->connect(events); !connected) {
        owner_.told(connected.error().detail());
    }
}

Subscription::~Subscription() = default;

void Subscription::forget() noexcept {
    idle_timer_.clear();
    whole_timer_.clear();
    replay_.reset();
    feed_.forget();
}

void Subscription::connection_changed(ConnectionNews news) {
    if (news == ConnectionNews::none) return;
    connected_ = news == ConnectionNews::up;
    owner_.state_changed();
}

std::optional<Batch> Subscription::read(std::string_view payload) {
    Result<Batch> batch = decode(payload);
    if (!batch) {
        owner_.counts.undecodable.fetch_add(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    return std::move(*batch);
}

// A message that cannot be read has its place in the order all the same, and may have told of
// anything: it is missing like one that has not come.
void Subscription::received(const ZmqSocket::Frames& frames) {
    const std::optional<Message> message = read_message(frames);
    if (!message) {
        owner_.counts.undecodable.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    std::optional<Batch> batch = read(message->payload);
    if (!batch) return;
    const bool before = begun();
    feed_.live(message->number, std::move(*batch));
    if (replay_ && !feed_.replaying()) return end_replay(false);  // too much came meanwhile
    if (begun() != before) owner_.state_changed();
}

void Subscription::apply(const Batch& batch) {
    Batch own = batch;
    own.rank = rank_;
    owner_.apply(std::move(own));
}

void Subscription::lost() {
    owner_.counts.gaps.fetch_add(1, std::memory_order_relaxed);
    holes_ = true;
    owner_.lost();
}

void Subscription::restarted() {
    owner_.counts.restarts.fetch_add(1, std::memory_order_relaxed);
    owner_.restarted();
}

void Subscription::want_replay(std::uint64_t from) {
    holes_ = false;
    replay_ = std::make_unique<ZmqSocket>(
        owner_.loop, owner_.context, ZmqSocket::Kind::dealer,
        [this](const ZmqSocket::Frames& frames) { received_replay(frames); });
    idle_timer_.set(k_replay_idle, overdue_hook_);
    whole_timer_.set(k_replay_whole, overdue_hook_);
    if (const Result<void> connected = replay_->connect(replays_); !connected) {
        owner_.told(connected.error().detail());
        return;  // the timer ends it
    }
    replay_->send({"", number_frame(from)});
}

void Subscription::received_replay(const ZmqSocket::Frames& frames) {
    const std::optional<Message> message = read_message(frames, 1);
    if (!message) {
        owner_.counts.undecodable.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (message->number == k_end_of_replay) return end_replay(true);
    idle_timer_.set(k_replay_idle, overdue_hook_);
    if (const std::optional<Batch> batch = read(message->payload))
        feed_.replayed(message->number, *batch);
}

void Subscription::replay_overdue() {
    end_replay(false);
}

void Subscription::end_replay(bool whole) {
    idle_timer_.clear();
    whole_timer_.clear();
    replay_.reset();
    feed_.replay_ended();
    const bool failed = !whole || holes_;
    (failed ? owner_.counts.replays_failed : owner_.counts.replays)
        .fetch_add(1, std::memory_order_relaxed);
    if (!whole) owner_.told("the replay of its KV-cache events did not come to an end");
    owner_.state_changed();
}

}  // namespace penstock::kv_events
