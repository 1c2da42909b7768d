#include "kv_following.h"

#include <utility>

namespace penstock::app {

namespace {

// Prompts on their way to the thread; with more, it is too slow for all of them.
constexpr std::uint32_t k_prompts_max = 4'096;

}  // namespace

KvFollowing::KvFollowing(net::Loop& control, routing::PrefixIndex& index, Hooks hooks)
    : control_{control}, hooks_{std::move(hooks)}, blocks_{index} {}

KvFollowing::~KvFollowing() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
}

kv_events::Follower::Hooks KvFollowing::hooks_for_follower() {
    return {.changed =
                [this](fleet::Slot slot, kv_events::State state) {
                    control_.post([this, slot, state] {
                        if (!followed_.contains(slot)) return;
                        refresh(slot);
                        hooks_.changed(slot, state);
                    });
                },
            .told =
                [this](fleet::Slot slot, std::string_view what) {
                    control_.post([this, slot, what = std::string{what}] {
                        if (followed_.contains(slot)) hooks_.told(slot, what);
                    });
                }};
}

void KvFollowing::follow(std::vector<kv_events::Source> sources) {
    std::map<fleet::Slot, kv_events::Follower::Followed> wanted;
    std::vector<kv_events::Follower::Followed> all;
    for (kv_events::Source& source : sources) {
        const auto before = followed_.find(source.slot);
        const bool same = before != followed_.end() && before->second.source == source;
        auto counts = same ? before->second.counts : std::make_shared<kv_events::Counts>();
        const fleet::Slot slot = source.slot;
        wanted[slot] = {std::move(source), std::move(counts)};
        all.push_back(wanted[slot]);
    }
    followed_.swap(wanted);
    for (const auto& [slot, former] : wanted) refresh(slot);
    for (const auto& [slot, followed] : followed_) refresh(slot);
    if (!thread_.joinable()) {
        if (all.empty()) return;
        static_cast<void>(loop_.context());  // from now on Asio runs it
        follower_ = std::make_unique<kv_events::Follower>(loop_, blocks_, hooks_for_follower());
        thread_ = std::thread{[this] {
            loop_.run([this](const std::exception_ptr&) {
                control_.post([this] {
                    hooks_.told(fleet::k_slots_max, "an exception reached the events' loop");
                });
            });
        }};
    }
    loop_.post([this, all = std::move(all)] { follower_->follow(all); });
}

// By what is known now: news of a source that is followed no longer may be on its way.
void KvFollowing::refresh(fleet::Slot slot) noexcept {
    heard_[slot].store(state_of(slot) == kv_events::State::following, std::memory_order_relaxed);
}

bool KvFollowing::served(fleet::ServedPrompt prompt) {
    const bool heard = heard_[prompt.slot].load(std::memory_order_relaxed);
    if (prompts_under_way_.fetch_add(1, std::memory_order_relaxed) >= k_prompts_max) {
        prompts_under_way_.fetch_sub(1, std::memory_order_relaxed);
        return heard;
    }
    loop_.post([this, prompt = std::move(prompt)]() mutable {
        prompts_under_way_.fetch_sub(1, std::memory_order_relaxed);
        follower_->served(std::move(prompt));
    });
    return heard;
}

void KvFollowing::restarted(fleet::Slot slot) {
    if (!followed_.contains(slot)) return;
    loop_.post([this, slot] { follower_->restarted(slot); });
}

std::optional<kv_events::State> KvFollowing::state_of(fleet::Slot slot) const noexcept {
    const auto found = followed_.find(slot);
    if (found == followed_.end()) return std::nullopt;
    return found->second.counts->state.load();
}

std::optional<admin::KvEventsView> KvFollowing::view(fleet::Slot slot) const {
    const auto found = followed_.find(slot);
    if (found == followed_.end()) return std::nullopt;
    const kv_events::Counts& counts = *found->second.counts;
    return admin::KvEventsView{.state = name(counts.state.load()),
                               .stored = counts.stored,
                               .removed = counts.removed,
                               .cleared = counts.cleared,
                               .other = counts.other,
                               .undecodable = counts.undecodable,
                               .gaps = counts.gaps,
                               .restarts = counts.restarts,
                               .replays = counts.replays,
                               .replays_failed = counts.replays_failed,
                               .blocks_paired = counts.paired,
                               .blocks_unpaired = counts.unpaired,
                               .engine_blocks = counts.engine_blocks};
}

}  // namespace penstock::app
