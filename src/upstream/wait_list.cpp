#include "wait_list.h"

#include <utility>

#include "penstock/net/loop.h"

namespace penstock::upstream {

void WaitList::wake_all() noexcept {
    for (Place* place : places_) {
        if (place->waiter_ == nullptr || std::exchange(place->woken_, true)) continue;
        loop_.wake_soon(*place->waiter_);
    }
}

WaitList::Place::Place(WaitList& list) : list_{list} {
    list_.places_.push_back(this);
}

WaitList::Place::~Place() {
    std::erase(list_.places_, this);
}

void WaitList::Place::set(Waiter* waiter) noexcept {
    if (waiter == nullptr && waiter_ != nullptr) list_.loop_.forget(*waiter_);
    waiter_ = waiter;
    woken_ = false;
}

}  // namespace penstock::upstream
