// The insides of `Loop`, for the other files of this module.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "penstock/net/loop.h"
#include "poller.h"
#include "timer_wheel.h"

namespace penstock::telemetry {
class WorkerMetrics;
}

namespace penstock::net {

/// What other threads have posted: a stack that is taken whole and turned round. Lock-free.
class PostQueue {
public:
    ~PostQueue();
    /// True when it was empty: the loop must be woken. Thread: any.
    [[nodiscard]] bool push(std::function<void()> work);
    /// Runs what is there, in the order it came. What one throws leaves the rest for the next call.
    void run();
    /// What was taken has not all run: something threw.
    [[nodiscard]] bool unfinished() const noexcept { return taken_ != nullptr; }

private:
    struct Node {
        std::function<void()> work;
        Node* next = nullptr;
    };
    void take() noexcept;

    std::atomic<Node*> pushed_{nullptr};  // newest first
    Node* taken_ = nullptr;               // oldest first
};

/// An eventfd that makes the poller's wait return. Edge-triggered: nobody reads it.
class Doorbell final : public Source {
public:
    explicit Doorbell(Poller& poller);
    ~Doorbell();
    void ring() const noexcept;  // any thread
    void ready(std::uint32_t /*events*/) override {}

private:
    Poller& poller_;
    int fd_;
};

class AsioBridge;
class ResolverThread;

struct Loop::Impl {
    Impl();
    ~Impl();

    /// One turn: waits at most `timeout_ms`, then posted work, events, and those to wake soon.
    void turn(int timeout_ms);
    void wake_all() noexcept { wake_each(soon); }
    void wake_each(std::vector<Waiter*>& waiters) noexcept;
    void wake_deferred() noexcept;
    /// There is work that no event will tell of.
    [[nodiscard]] bool has_work() const noexcept {
        return !soon.empty() || !last.empty() || posts.unfinished() || deferred_count > 0;
    }

    Poller poller;
    Doorbell doorbell{poller};
    TimerWheel wheel{poller};
    PostQueue posts;
    std::vector<Waiter*> soon;
    std::vector<Waiter*> last;
    std::vector<Waiter*> waking;
    struct Deferred {
        Waiter* waiter = nullptr;
        const void* touches = nullptr;
        void fetch() const noexcept;
    };
    std::array<Deferred, k_deferred_max> deferred{};
    std::size_t deferred_count = 0;
    std::atomic<bool> stopped{false};
    bool in_turn = false;
    // What short reads of this turn brought, then room for the next read.
    std::vector<char> read_buffer = std::vector<char>(2 * k_read_buffer);
    std::size_t read_kept = 0;
    /// Where small pieces are joined to one TLS record.
    [[nodiscard]] std::span<char> record_scratch() {
        constexpr std::size_t k_record = 16 * 1024;  // RFC 8446 5.1
        if (record.empty()) record.resize(k_record);
        return record;
    }
    telemetry::WorkerMetrics* metrics = nullptr;
    std::vector<char> record;                  // made by the first that needs it
    std::unique_ptr<AsioBridge> bridge;        // made by the first `context()`
    std::unique_ptr<ResolverThread> resolver;  // made by the first look-up
};

}  // namespace penstock::net
