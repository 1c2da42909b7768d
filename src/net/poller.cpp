#include "poller.h"

#include <algorithm>

#include <unistd.h>

#include "penstock/base/assert.h"

namespace penstock::net {

Poller::Poller() : fd_{::epoll_create1(EPOLL_CLOEXEC)} {
    PENSTOCK_ASSERT(fd_ >= 0);
}

Poller::~Poller() {
    ::close(fd_);
}

bool Poller::add(int fd, std::uint32_t events, Source& source) const noexcept {
    epoll_event event{};
    event.events = events | EPOLLET;
    event.data.ptr = &source;
    return ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::remove(int fd, const Source& source) noexcept {
    ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr);
    for (std::size_t i = next_; i < count_; ++i) {
        if (batch_[i].data.ptr == &source) batch_[i].data.ptr = nullptr;
    }
}

void Poller::wait(int timeout_ms) noexcept {
    if (next_ < count_) return;
    const int count = ::epoll_wait(fd_, batch_.data(), static_cast<int>(k_batch), timeout_ms);
    count_ = static_cast<std::size_t>(std::max(count, 0));  // EINTR: no events
    next_ = 0;
}

void Poller::fetch_next() const noexcept {
    if (next_ == count_) return;
    if (const auto* source = static_cast<const Source*>(batch_[next_].data.ptr)) {
        source->touches.fetch();
    }
}

void Poller::dispatch() {
    // Null: removed since the last call, which something threw out of.
    for (std::size_t i = next_; i < count_; ++i) fetch_two_lines(batch_[i].data.ptr);
    fetch_next();
    while (next_ < count_) {
        const epoll_event event = batch_[next_++];
        fetch_next();  // comes while this one is dealt with
        if (auto* source = static_cast<Source*>(event.data.ptr)) source->ready(event.events);
    }
}

}  // namespace penstock::net
