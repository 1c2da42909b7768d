#include "shared_lookup.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "penstock/net/await.h"

namespace penstock::upstream {

struct SharedLookup::Running {
    fleet::Address address;
    Answer answer;
    bool done = false;
    std::vector<Seat*> seats;
};

/// One who waits.
class SharedLookup::Seat {
public:
    Seat(net::Loop& loop, Running& running) : loop_{loop}, running_{running} {
        running_.seats.push_back(this);
    }
    ~Seat() { std::erase(running_.seats, this); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    void set(Waiter* waiter) noexcept {
        if (waiter == nullptr && waiter_ != nullptr) loop_.forget(*waiter_);
        waiter_ = waiter;
    }
    // In the next turn: who is woken may ask anew, which would end the task that wakes.
    void wake() noexcept {
        if (waiter_ != nullptr) loop_.wake_soon(*waiter_);
    }

private:
    net::Loop& loop_;
    Running& running_;
    Waiter* waiter_ = nullptr;
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
    for (Seat* seat : running->seats) seat->wake();
}

Task<SharedLookup::Answer> SharedLookup::ask(const fleet::Address& address, TimePoint until,
                                             Millis at_most) {
    if (!running_ || running_->done || running_->address != address) {
        running_ = std::make_shared<Running>();
        running_->address = address;
        task_ = run(running_, at_most);
        task_.start([](void*) {}, nullptr);
    }
    const std::shared_ptr<Running> running = running_;
    Seat seat{loop_, *running};
    while (!running->done) {
        if (loop_.now() >= until) {
            co_return Error{ErrorCode::connect_timeout,
                            "resolving " + running->address.host + " took too long"};
        }
        static_cast<void>(
            co_await net::within(loop_, net::time_left(loop_, until),
                                 [&seat](Waiter* waiter) noexcept { seat.set(waiter); }));
    }
    co_return running->answer;
}

}  // namespace penstock::upstream
