// Those who wait for one piece of work that is done for all of them: a look-up, a new connection.
#pragma once

#include <cstddef>
#include <vector>

#include "penstock/base/waiter.h"

namespace penstock::net {
class Loop;
}

namespace penstock::upstream {

/// Outlives its places. Thread: the worker.
class WaitList {
public:
    class Place;

    explicit WaitList(net::Loop& loop) noexcept : loop_{loop} {}
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;

    /// In the next turn: who is woken may ask anew, which would end the task that wakes. Who goes
    /// on waiting sets a waiter anew.
    void wake_all() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }

private:
    net::Loop& loop_;
    std::vector<Place*> places_;
};

/// One who waits.
class WaitList::Place {
public:
    explicit Place(WaitList& list);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    void set(Waiter* waiter) noexcept;  // nullptr: forget it

private:
    friend class WaitList;
    WaitList& list_;
    Waiter* waiter_ = nullptr;
    bool woken_ = false;  // it will be, or was and is not there any more
};

}  // namespace penstock::upstream
