#include "timer_wheel.h"

#include <algorithm>
#include <utility>

#include <sys/timerfd.h>
#include <unistd.h>

#include "loop_impl.h"
#include "penstock/base/assert.h"

namespace penstock::net {

void Timer::set(Millis after, Waiter& waiter) noexcept {
    clear();
    TimerWheel& wheel = loop_.impl_->wheel;
    waiter_ = &waiter;
    const TimePoint now = Clock::now();
    wheel.catch_up(now);
    tick_ = wheel.tick_at_or_after(now + after);
    Timer*& head = wheel.slot(tick_);
    next_ = head;
    if (next_ != nullptr) next_->link_ = &next_;
    head = this;
    link_ = &head;
    wheel.added();
}

void Timer::clear() noexcept {
    if (waiter_ == nullptr) return;
    waiter_ = nullptr;
    *link_ = next_;
    if (next_ != nullptr) next_->link_ = link_;
    loop_.impl_->wheel.removed();
}

std::uint64_t TimerWheel::tick_at_or_after(TimePoint when) const noexcept {
    const auto ticks = (when - epoch_ + Loop::k_tick - TimePoint::duration{1}) / Loop::k_tick;
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(ticks, static_cast<std::int64_t>(tick_) + 1));
}

void TimerWheel::catch_up(TimePoint now) noexcept {
    if (armed_) return;
    // Nobody has turned the wheel while it was empty: the ticks since then have nothing to fire.
    // This comes before a timer's tick is reckoned: it must not fall among them.
    last_turn_ = now;
    tick_ = std::max(tick_, static_cast<std::uint64_t>((now - epoch_) / Loop::k_tick));
}

TimerWheel::TimerWheel(Poller& poller)
    : poller_{poller}, fd_{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)} {
    PENSTOCK_ASSERT(fd_ >= 0 && poller_.add(fd_, EPOLLIN, *this));
}

TimerWheel::~TimerWheel() {
    poller_.remove(fd_, *this);
    ::close(fd_);
}

void TimerWheel::added() noexcept {
    ++count_;
    if (!armed_) arm(true);
}

// Periodic from the next tick on, or off. The edge of each expiry is enough: nobody reads the
// count.
void TimerWheel::arm(bool on) noexcept {
    armed_ = on;
    const auto spec_of = [](TimePoint::duration since_boot) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
        return timespec{.tv_sec = seconds.count(),
                        .tv_nsec = std::chrono::nanoseconds{since_boot - seconds}.count()};
    };
    itimerspec spec{};
    if (on) {
        spec.it_interval = spec_of(Loop::k_tick);
        spec.it_value = spec_of((epoch_ + (tick_ + 1) * Loop::k_tick).time_since_epoch());
    }
    ::timerfd_settime(fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void TimerWheel::ready(std::uint32_t /*events*/) {
    // The kernel starts the next period when the count is read, not before.
    std::uint64_t expiries = 0;
    [[maybe_unused]] const ssize_t got = ::read(fd_, &expiries, sizeof expiries);
    last_turn_ = Clock::now();
    const auto now_tick = static_cast<std::uint64_t>((last_turn_ - epoch_) / Loop::k_tick);
    // After a long pause one round visits every slot; more rounds would find nothing new.
    const std::uint64_t first =
        std::max(tick_ + 1, now_tick > k_slots ? now_tick - k_slots + 1 : 0);
    for (std::uint64_t tick = first; tick <= now_tick; ++tick) {
        tick_ = tick;
        fire(tick);
    }
    tick_ = std::max(tick_, now_tick);
    if (count_ == 0 && armed_) arm(false);
}

void TimerWheel::fire(std::uint64_t tick) {
    // The slot's list moves to a local head, so that timers set by a waiter cannot be visited in
    // this turn, and timers cleared by a waiter unlink themselves from wherever they are.
    Timer* list = std::exchange(slot(tick), nullptr);
    if (list != nullptr) list->link_ = &list;
    while (list != nullptr) {
        Timer* timer = list;
        list = timer->next_;
        if (list != nullptr) list->link_ = &list;
        if (timer->tick_ > tick_) {  // a later round
            Timer*& head = slot(timer->tick_);
            timer->next_ = head;
            if (head != nullptr) head->link_ = &timer->next_;
            head = timer;
            timer->link_ = &head;
            continue;
        }
        Waiter* waiter = std::exchange(timer->waiter_, nullptr);
        --count_;
        waiter->wake();
    }
}

}  // namespace penstock::net
