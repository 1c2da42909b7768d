#include "penstock/net/loop.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "asio_bridge.h"
#include "loop_impl.h"
#include "penstock/base/assert.h"
#include "penstock/base/hot_lines.h"
#include "resolver_thread.h"

namespace penstock::net {

PostQueue::~PostQueue() {
    take();
    while (taken_ != nullptr) delete std::exchange(taken_, taken_->next);
}

bool PostQueue::push(std::function<void()> work) {
    auto* node = new Node{std::move(work), nullptr};
    // Once it is pushed the node is the loop's, which may have run and freed it already.
    Node* before = pushed_.load(std::memory_order_relaxed);
    do {
        node->next = before;
    } while (!pushed_.compare_exchange_weak(before, node, std::memory_order_release,
                                            std::memory_order_relaxed));
    return before == nullptr;
}

void PostQueue::take() noexcept {
    Node* newest = pushed_.exchange(nullptr, std::memory_order_acquire);
    Node* turned = nullptr;
    while (newest != nullptr) {
        Node* older = std::exchange(newest->next, turned);
        turned = std::exchange(newest, older);
    }
    Node** end = &taken_;
    while (*end != nullptr) end = &(*end)->next;
    *end = turned;
}

void PostQueue::run() {
    take();
    while (taken_ != nullptr) {
        const std::unique_ptr<Node> node{std::exchange(taken_, taken_->next)};
        node->work();
    }
}

Doorbell::Doorbell(Poller& poller)
    : poller_{poller}, fd_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
    PENSTOCK_ASSERT(fd_ >= 0 && poller_.add(fd_, EPOLLIN, *this));
}

Doorbell::~Doorbell() {
    poller_.remove(fd_, *this);
    ::close(fd_);
}

void Doorbell::ring() const noexcept {
    const std::uint64_t one = 1;
    // It can fail only when the count is full, and then it is rung.
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

Loop::Impl::Impl() = default;
Loop::Impl::~Impl() = default;

void Loop::Impl::turn(int timeout_ms) {
    in_turn = true;
    const std::unique_ptr<Impl, void (*)(Impl*)> end{this, [](Impl* loop) {
                                                         loop->in_turn = false;
                                                         // Asio would wait otherwise.
                                                         if (loop->bridge && loop->has_work()) {
                                                             loop->doorbell.ring();
                                                         }
                                                     }};
    poller.wait(has_work() ? 0 : timeout_ms);
    posts.run();  // first: what control has published is known to every event of this turn
    poller.dispatch();
    wake_all();
    wake_deferred();
    wake_each(last);
    read_kept = 0;
}

void Loop::Impl::wake_deferred() noexcept {
    const std::size_t count = std::exchange(deferred_count, 0);
    if (count > 0) deferred[0].fetch();
    for (std::size_t i = 0; i < count; ++i) {
        if (i + 1 < count) deferred[i + 1].fetch();  // comes while this one writes
        if (Waiter* waiter = std::exchange(deferred[i].waiter, nullptr)) waiter->wake();
    }
}

void Loop::Impl::Deferred::fetch() const noexcept {
    fetch_two_lines(waiter);  // null: forgotten since
    __builtin_prefetch(touches, 1);
}

void Loop::Impl::wake_each(std::vector<Waiter*>& waiters) noexcept {
    waking.swap(waiters);
    // By index: a waiter that wakes may have others forgotten, which writes into `waking`.
    for (std::size_t i = 0; i < waking.size(); ++i) {
        if (Waiter* waiter = std::exchange(waking[i], nullptr)) waiter->wake();
    }
    waking.clear();
}

Loop::Loop() : impl_{std::make_unique<Impl>()} {}
Loop::~Loop() = default;

void Loop::run(const std::function<void(std::exception_ptr)>& on_exception) {
    for (;;) {
        try {
            if (impl_->bridge) {
                impl_->bridge->context.run();
            } else {
                while (!impl_->stopped.load(std::memory_order_acquire)) impl_->turn(-1);
            }
            return;
        } catch (...) {
            on_exception(std::current_exception());
        }
    }
}

void Loop::stop() {
    impl_->stopped.store(true, std::memory_order_release);
    if (impl_->bridge) impl_->bridge->context.stop();
    impl_->doorbell.ring();
}

void Loop::post(std::function<void()> work) {
    if (impl_->posts.push(std::move(work))) impl_->doorbell.ring();
}

void Loop::wake_soon(Waiter& waiter) noexcept {
    impl_->soon.push_back(&waiter);
    if (impl_->bridge && !impl_->in_turn) impl_->doorbell.ring();
}

void Loop::wake_last(Waiter& waiter) noexcept {
    impl_->last.push_back(&waiter);
    if (impl_->bridge && !impl_->in_turn) impl_->doorbell.ring();
}

void Loop::forget(Waiter& waiter) noexcept {
    for (auto* waiters : {&impl_->soon, &impl_->last, &impl_->waking}) {
        std::replace(waiters->begin(), waiters->end(), &waiter, static_cast<Waiter*>(nullptr));
    }
    for (std::size_t i = 0; i < impl_->deferred_count; ++i) {
        if (impl_->deferred[i].waiter == &waiter) impl_->deferred[i] = {};
    }
}

bool Loop::defer(Waiter& waiter, const void* touches) {
    if (!impl_->in_turn) return false;
    if (impl_->deferred_count == k_deferred_max) impl_->wake_deferred();
    impl_->deferred[impl_->deferred_count++] = {&waiter, touches};
    return true;
}

bool Loop::outlasts_turn(std::string_view bytes) const noexcept {
    const char* kept = impl_->read_buffer.data();
    const std::less_equal<const char*> before;
    return before(kept, bytes.data()) &&
           before(bytes.data() + bytes.size(), kept + impl_->read_kept);
}

TimePoint Loop::now() const noexcept {
    return Clock::now();
}
TimePoint Loop::coarse_now() const noexcept {
    return impl_->wheel.last_turn();
}
void Loop::count_in(telemetry::WorkerMetrics& metrics) noexcept {
    impl_->metrics = &metrics;
}

std::span<char> Loop::read_buffer() noexcept {
    return std::span{impl_->read_buffer}.subspan(impl_->read_kept, k_read_buffer);
}
void Loop::note_read(std::size_t count) noexcept {
    if (count <= k_short_read && impl_->read_kept + count <= k_read_buffer) {
        impl_->read_kept += count;
    }
}

boost::asio::io_context& Loop::context() {
    if (!impl_->bridge) impl_->bridge = std::make_unique<AsioBridge>(*impl_);
    return impl_->bridge->context;
}

}  // namespace penstock::net
