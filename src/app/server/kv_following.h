// The thread on which engines' KV-cache events are followed, and the prefix index they speak to.
// Starts with the first backend that is to be followed. Owned by `ProxyServer`.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "penstock/admin/admin.h"
#include "penstock/base/lazy_array.h"
#include "penstock/kv_events/follower.h"
#include "penstock/net/loop.h"
#include "penstock/routing/prefix_index.h"

namespace penstock::app {

/// Control thread, unless said otherwise.
class KvFollowing {
public:
    /// Called on the control thread.
    struct Hooks {
        std::function<void(fleet::Slot, kv_events::State)> changed;
        std::function<void(fleet::Slot, std::string_view)> told;
    };

    KvFollowing(net::Loop& control, routing::PrefixIndex& index, Hooks hooks);
    ~KvFollowing();
    KvFollowing(const KvFollowing&) = delete;
    KvFollowing& operator=(const KvFollowing&) = delete;

    /// These, and nobody else, from now on.
    void follow(std::vector<kv_events::Source> sources);
    /// Any thread. True: the backend is followed, so that its own word of what it holds comes.
    bool served(fleet::ServedPrompt prompt);
    void restarted(fleet::Slot slot);

    /// Unset: it is not followed.
    [[nodiscard]] std::optional<kv_events::State> state_of(fleet::Slot slot) const noexcept;
    [[nodiscard]] std::optional<admin::KvEventsView> view(fleet::Slot slot) const;

private:
    /// What engines tell goes where the workers look.
    class IndexBlocks final : public kv_events::HeldBlocks {
    public:
        explicit IndexBlocks(routing::PrefixIndex& index) noexcept : index_{index} {}
        void stored(fleet::Slot slot, std::span<const std::uint64_t> chain) override {
            index_.insert(slot, chain);
        }
        void removed(fleet::Slot slot, std::span<const std::uint64_t> blocks) override {
            index_.evicted(slot, blocks);
        }
        void cleared(fleet::Slot slot) override { index_.flush(slot); }

    private:
        routing::PrefixIndex& index_;
    };

    [[nodiscard]] kv_events::Follower::Hooks hooks_for_follower();

    void refresh(fleet::Slot slot) noexcept;

    net::Loop& control_;
    Hooks hooks_;
    LazyArray<std::atomic<bool>> heard_{fleet::k_slots_max};  // `following`, for the workers
    IndexBlocks blocks_;
    std::map<fleet::Slot, kv_events::Follower::Followed> followed_;
    std::atomic<std::uint32_t> prompts_under_way_{0};
    net::Loop loop_;
    std::unique_ptr<kv_events::Follower> follower_;
    std::thread thread_;
};

}  // namespace penstock::app
