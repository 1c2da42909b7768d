// One publisher: its events, its replays, and whether it is connected. Thread: the loop's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "feed.h"
#include "penstock/kv_events/follower.h"
#include "penstock/net/loop.h"
#include "zmq_socket.h"

namespace penstock::kv_events {

class Subscription final : private FeedSink {
public:
    struct Owner {
        net::Loop& loop;
        const ZmqContext& context;
        Counts& counts;
        std::function<void(Batch)> apply;
        std::function<void()> lost;
        std::function<void()> restarted;
        std::function<void()> state_changed;
        std::function<void(std::string_view)> told;
    };

    /// `rank`: what its batches count as, whatever they say of themselves.
    Subscription(Owner owner, std::uint32_t rank, const std::string& events,
                 const std::string& replays);
    ~Subscription() override;

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    /// Batches come, in order.
    [[nodiscard]] bool begun() const noexcept { return feed_.begun() && !feed_.replaying(); }
    /// As if nothing had come yet.
    void forget() noexcept;

private:
    static constexpr Millis k_replay_idle{5'000};
    /// Ten thousand batches, which is what engines keep, take a few seconds.
    static constexpr Millis k_replay_whole{30'000};

    void received(const ZmqSocket::Frames& frames);
    void received_replay(const ZmqSocket::Frames& frames);
    void connection_changed(ConnectionNews news);
    void end_replay(bool whole);
    void replay_overdue();

    void apply(const Batch& batch) override;
    void lost() override;
    void restarted() override;
    void want_replay(std::uint64_t from) override;

    [[nodiscard]] std::optional<Batch> read(std::string_view payload);

    Owner owner_;
    std::uint32_t rank_;
    std::string replays_;
    Feed feed_;
    bool connected_ = false;
    bool holes_ = false;  // in the replay under way
    net::Timer idle_timer_;
    net::Timer whole_timer_;
    Hook<Subscription, &Subscription::replay_overdue> overdue_hook_{*this};
    std::unique_ptr<ZmqSocket> events_;
    std::unique_ptr<ZmqSocket> connection_;
    std::unique_ptr<ZmqSocket> replay_;
};

}  // namespace penstock::kv_events
