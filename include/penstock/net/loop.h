// One thread's event loop: an edge-triggered poller, a coarse timer wheel, the shared read buffer.
// Owned by its worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "penstock/base/units.h"
#include "penstock/base/waiter.h"

namespace boost::asio {
class io_context;
}

namespace penstock::telemetry {
class WorkerMetrics;
}

namespace penstock::net {

class Loop;
class TimerWheel;

/// A deadline on a loop's wheel. Cheap to set again and again; wakes its waiter once, at most one
/// tick (20 ms) late and never early. Destroying or clearing it before is silent. Thread: the
/// loop's.
class Timer {
public:
    explicit Timer(Loop& loop) noexcept : loop_{loop} {}
    ~Timer() { clear(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void set(Millis after, Waiter& waiter) noexcept;
    void clear() noexcept;
    [[nodiscard]] bool set() const noexcept { return waiter_ != nullptr; }

private:
    friend class Loop;
    friend class TimerWheel;
    Loop& loop_;
    Waiter* waiter_ = nullptr;
    std::uint64_t tick_ = 0;
    Timer* next_ = nullptr;
    Timer** link_ = nullptr;  // what points to this timer in its slot
};

class Loop {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until `stop`. What escapes from a handler is caught, reported to `on_exception` and
    /// survived.
    void run(const std::function<void(std::exception_ptr)>& on_exception);
    void stop();                            // any thread
    void post(std::function<void()> work);  // any thread
    /// Wakes the waiter in the next turn. The loop's thread.
    void wake_soon(Waiter& waiter) noexcept;
    /// Wakes the waiter once everything else of this turn is done: what all of its events left to
    /// send can then go in one write. Outside a turn: in the next. The loop's thread.
    void wake_last(Waiter& waiter) noexcept;
    void forget(Waiter& waiter) noexcept;  // takes it back out of all of these and of `defer`

    /// Wakes the waiter at the end of this turn, or before, when many wait already: a write that is
    /// put off until then finds its client awake from the one before it, and the kernel's code in
    /// the caches. `touches`: a cache line that it needs beside its own two, fetched beforehand.
    /// False outside a turn: do it now. Such waiters write, and wake nobody. The loop's thread.
    [[nodiscard]] bool defer(Waiter& waiter, const void* touches = nullptr);
    /// These bytes lie in the read buffer and stay there until the deferred have been woken.
    [[nodiscard]] bool outlasts_turn(std::string_view bytes) const noexcept;

    [[nodiscard]] TimePoint now() const noexcept;
    /// When the wheel last turned: costs nothing, at most one tick old while any timer is set.
    [[nodiscard]] TimePoint coarse_now() const noexcept;
    /// 64 KiB for whoever reads now.
    [[nodiscard]] std::span<char> read_buffer() noexcept;
    /// The first `count` bytes of it have been read: when they are few the next read goes behind
    /// them.
    void note_read(std::size_t count) noexcept;
    /// Where its transports count what looks to their readers like any failure. Before `run`;
    /// outlives this.
    void count_in(telemetry::WorkerMetrics& metrics) noexcept;
    /// For what needs Asio (control thread, simulated engines): from the first call on Asio runs
    /// this loop. Call it before `run`. Workers do without: their sockets have a poller of their
    /// own.
    [[nodiscard]] boost::asio::io_context& context();
    /// Runs blocking `work` on the loop's resolver thread. The loop's thread.
    void look_up(std::function<void()> work);

    static constexpr Millis k_tick{20};
    static constexpr std::size_t k_read_buffer = 64 * 1024;
    static constexpr std::size_t k_short_read = 4 * 1024;  // stays until the turn's end
    static constexpr std::size_t k_deferred_max = 16;      // a token waits for so many others

    struct Impl;  // for this module
    [[nodiscard]] Impl& impl() noexcept { return *impl_; }

private:
    friend class Timer;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::net
