// Waiting with a deadline, for coroutines on a loop.
#pragma once

#include <algorithm>
#include <chrono>
#include <coroutine>

#include "penstock/net/loop.h"

namespace penstock::net {

/// What is left until then, for a timer or `within`: zero, which is no deadline, for
/// TimePoint::max(); else at least 1 ms, also when it has passed.
[[nodiscard]] inline Millis time_left(const Loop& loop, TimePoint until) noexcept {
    if (until == TimePoint::max()) return Millis{0};
    return std::max(std::chrono::ceil<Millis>(until - loop.now()), Millis{1});
}

/// `co_await within(loop, 2s, register)`: true when the source woke us, false when the deadline
/// came first. A deadline of zero never comes. `register(waiter)` registers with the source,
/// `register(nullptr)` takes it back. Destroying the waiting frame unregisters both.
template <class Register>
class TimedAwaiter {
public:
    TimedAwaiter(Loop& loop, Millis deadline, Register on) noexcept
        : register_{on}, deadline_{deadline}, timer_{loop} {}
    TimedAwaiter(const TimedAwaiter&) = delete;
    ~TimedAwaiter() {
        if (waiting_) register_(nullptr);
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) noexcept {
        handle_ = handle;
        waiting_ = true;
        if (deadline_ > Millis{0}) timer_.set(deadline_, timer_hook_);
        register_(&source_hook_);
    }
    [[nodiscard]] bool await_resume() const noexcept { return in_time_; }

private:
    void source_ready() {
        waiting_ = false;
        in_time_ = true;
        timer_.clear();
        handle_.resume();
    }
    void deadline_passed() {
        waiting_ = false;
        register_(nullptr);
        handle_.resume();
    }

    Register register_;
    Millis deadline_;
    Timer timer_;
    std::coroutine_handle<> handle_;
    bool waiting_ = false;
    bool in_time_ = false;
    Hook<TimedAwaiter, &TimedAwaiter::source_ready> source_hook_{*this};
    Hook<TimedAwaiter, &TimedAwaiter::deadline_passed> timer_hook_{*this};
};

template <class Register>
[[nodiscard]] auto within(Loop& loop, Millis deadline, Register on) noexcept {
    return TimedAwaiter<Register>{loop, deadline, on};
}

}  // namespace penstock::net
