#include "shared_lookup.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "penstock/net/await.h"
#include "wait_list.h"

namespace penstock::upstream {

struct SharedLookup::Running {
    Running(net::Loop& loop, const fleet::Address& of) : address{of}, waiting{loop} {}

    fleet::Address address;
    Answer answer;
    bool done = false;
    WaitList waiting;
};

SharedLookup::SharedLookup(net::Loop& loop, Resolve resolve)
    : loop_{loop}, resolve_{std::move(resolve)} {}
SharedLookup::~SharedLookup() = default;

Task<void> SharedLookup::run(std::shared_ptr<Running> running, Millis at_most) {
    try {
        running->answer =
            co_await resolve_(loop_, running->address.host, running->address.port, at_most);
    } catch (const std::exception& error) {  // no thread or no memory: the next may have more luck
        running->answer = Error{ErrorCode::connect_failed,
                                "cannot resolve " + running->address.host + ": " + error.what()};
    }
    running->done = true;
    running->waiting.wake_all();
}

Task<SharedLookup::Answer> SharedLookup::ask(const fleet::Address& address, TimePoint until,
                                             Millis at_most) {
    if (!running_ || running_->done || running_->address != address) {
        running_ = std::make_shared<Running>(loop_, address);
        task_ = run(running_, at_most);
        task_.start([](void*) {}, nullptr);
    }
    const std::shared_ptr<Running> running = running_;
    WaitList::Place place{running->waiting};
    while (!running->done) {
        if (loop_.now() >= until) {
            co_return Error{ErrorCode::connect_timeout,
                            "resolving " + running->address.host + " took too long"};
        }
        static_cast<void>(
            co_await net::within(loop_, net::time_left(loop_, until),
                                 [&place](Waiter* waiter) noexcept { place.set(waiter); }));
    }
    co_return running->answer;
}

}  // namespace penstock::upstream
