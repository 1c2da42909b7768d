#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "penstock/net/listener.h"
#include "penstock/net/loop.h"

namespace penstock::net {

namespace {

constexpr int k_accepts_per_turn =
    64;  // so that a flood of connections does not starve the open ones
constexpr Millis k_pause{
    100};  // after EMFILE and its like: the backlog waits, the loop does not spin

}  // namespace

struct Acceptor::Impl final : Waiter {
    Impl(Loop& owner, int fd, OnAccept callback)
        : loop{owner},
          descriptor{owner.context(), fd},
          on_accept{std::move(callback)},
          pause{owner} {}

    void wait() {
        descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                              [this, alive = std::weak_ptr<bool>{life}](const auto& error) {
                                  if (alive.expired() || error) return;
                                  accept_some();
                              });
    }

    /// Accepts what is there, up to a bound. False when the system had no room for one more.
    bool accept_now() {
        for (int i = 0; i < k_accepts_per_turn; ++i) {
            const int fd = ::accept4(descriptor.native_handle(), nullptr, nullptr,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) {
                const bool exhausted =
                    errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
                return !exhausted;
            }
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
                         sizeof on);  // fails on unix sockets: fine
            on_accept(fd);
        }
        return true;
    }

    void accept_some() {
        if (accept_now()) {
            wait();
        } else {
            pause.set(k_pause, *this);
        }
    }

    void wake() noexcept override { wait(); }

    Loop& loop;
    boost::asio::posix::stream_descriptor descriptor;
    OnAccept on_accept;
    Timer pause;
    std::shared_ptr<bool> life = std::make_shared<bool>(true);
};

Acceptor::Acceptor(Loop& loop, int listening_fd, OnAccept on_accept)
    : impl_{std::make_unique<Impl>(loop, listening_fd, std::move(on_accept))} {
    impl_->wait();
}

Acceptor::~Acceptor() = default;

void Acceptor::drain_and_close() {
    if (!impl_->descriptor.is_open()) return;
    impl_->accept_now();
    impl_->pause.clear();
    boost::system::error_code ignored;
    impl_->descriptor.close(ignored);
}

}  // namespace penstock::net
