// The one callback of the data path: something to wake when a stream, a timer or a job is ready.
#pragma once

#include <coroutine>

namespace penstock {

/// Registered with exactly one source at a time; owned by who waits. A source calls `wake()` once,
/// from the worker's loop, never from inside the call that registered it, and forgets the waiter
/// before the call.
class Waiter {
public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    virtual void wake() noexcept = 0;

protected:
    ~Waiter() = default;
};

/// A waiter that calls one method of its owner: how an object with several things to wait for names
/// each of them.
template <class Owner, void (Owner::*method)()>
class Hook final : public Waiter {
public:
    explicit Hook(Owner& owner) noexcept : owner_{owner} {}
    void wake() noexcept override { (owner_.*method)(); }

private:
    Owner& owner_;
};

}  // namespace penstock
