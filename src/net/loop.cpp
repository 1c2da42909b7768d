#include "penstock/net/loop.h"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "loop_impl.h"

namespace penstock::net {

Loop::Loop() : impl_{std::make_unique<Impl>()} {}
Loop::~Loop() = default;

void Loop::run(const std::function<void(std::exception_ptr)>& on_exception) {
    for (;;) {
        try {
            impl_->context.run();
            return;
        } catch (...) {
            on_exception(std::current_exception());
        }
    }
}

void Loop::stop() {
    impl_->context.stop();
}

void Loop::post(std::function<void()> work) {
    boost::asio::post(impl_->context, std::move(work));
}

void Loop::wake_soon(Waiter& waiter) noexcept {
    impl_->soon.push_back(&waiter);
    if (std::exchange(impl_->soon_posted, true)) return;
    boost::asio::post(impl_->context, [impl = impl_.get()] { impl->wake_all(); });
}

void Loop::forget(Waiter& waiter) noexcept {
    std::replace(impl_->soon.begin(), impl_->soon.end(), &waiter, static_cast<Waiter*>(nullptr));
    std::replace(impl_->waking.begin(), impl_->waking.end(), &waiter,
                 static_cast<Waiter*>(nullptr));
}

void Loop::Impl::wake_all() noexcept {
    soon_posted = false;
    waking.swap(soon);
    // By index: a waiter that wakes may have others forgotten, which writes into `waking`.
    for (std::size_t i = 0; i < waking.size(); ++i) {
        if (Waiter* waiter = std::exchange(waking[i], nullptr)) waiter->wake();
    }
    waking.clear();
}

TimePoint Loop::now() const noexcept {
    return Clock::now();
}
TimePoint Loop::coarse_now() const noexcept {
    return impl_->wheel.last_turn();
}
std::span<char> Loop::read_buffer() noexcept {
    return impl_->read_buffer;
}
boost::asio::io_context& Loop::context() noexcept {
    return impl_->context;
}

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

void TimerWheel::added() noexcept {
    ++count_;
    if (!armed_) arm();
}

void TimerWheel::arm() noexcept {
    armed_ = true;
    ticker_.expires_at(epoch_ + (tick_ + 1) * Loop::k_tick);
    ticker_.async_wait([this](const boost::system::error_code& error) {
        if (!error) turn();
    });
}

void TimerWheel::turn() noexcept {
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
    armed_ = false;
    if (count_ > 0) arm();
}

void TimerWheel::fire(std::uint64_t tick) noexcept {
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
