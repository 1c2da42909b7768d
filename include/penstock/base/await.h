// How a coroutine waits for a waiter to be woken.
#pragma once

#include <coroutine>

#include "penstock/base/waiter.h"

namespace penstock {

/// Waits until `Register(waiter)` wakes it. Destroying the waiting frame unregisters it.
template <class Register>
class WakeAwaiter final : public Waiter {
public:
    explicit WakeAwaiter(Register on) noexcept : register_{on} {}
    WakeAwaiter(const WakeAwaiter&) = delete;
    ~WakeAwaiter() {
        if (waiting_) register_(nullptr);
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) noexcept {
        handle_ = handle;
        waiting_ = true;
        register_(this);
    }
    void await_resume() const noexcept {}

    void wake() noexcept override {
        waiting_ = false;
        handle_.resume();
    }

private:
    Register register_;
    std::coroutine_handle<> handle_;
    bool waiting_ = false;
};

}  // namespace penstock
