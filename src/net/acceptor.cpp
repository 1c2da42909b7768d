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
    64;                             // so that a flood of connections does not starve the open ones
constexpr int k_drain_turns = 256;  // when closing: four times the longest backlog
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

    enum class Queue : std::uint8_t { empty, bound_reached, no_room };

    /// Accepts what is there, up to a bound. `no_room`: the system could not open one more.
    Queue accept_now() {
        for (int i = 0; i < k_accepts_per_turn; ++i) {
            const int fd = ::accept4(descriptor.native_handle(), nullptr, nullptr,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) {
                if (errno == ECONNABORTED || errno == EINTR) continue;  // the next may be sound
                const bool exhausted =
                    errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
                return exhausted ? Queue::no_room : Queue::empty;
            }
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
                         sizeof on);  // fails on unix sockets: fine
            on_accept(fd);
        }
        return Queue::bound_reached;
    }

    void accept_some() {
        if (accept_now() == Queue::no_room) {
            pause.set(k_pause, *this);
        } else {
            wait();
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
    // The kernel goes on queueing until the socket is closed: a flood must not keep it open.
    for (int turn = 0; turn < k_drain_turns; ++turn) {
        if (impl_->accept_now() != Impl::Queue::bound_reached) break;
    }
    impl_->pause.clear();
    boost::system::error_code ignored;
    impl_->descriptor.close(ignored);
}

}  // namespace penstock::net
