#include <cerrno>
#include <exception>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop_impl.h"
#include "penstock/base/assert.h"
#include "penstock/net/listener.h"
#include "penstock/net/loop.h"
#include "penstock/net/transport.h"

namespace penstock::net {

namespace {

constexpr int k_accepts_per_turn =
    64;                             // so that a flood of connections does not starve the open ones
constexpr int k_drain_turns = 256;  // when closing: four times the longest backlog
constexpr Millis k_pause{
    100};  // after EMFILE and its like: the backlog waits, the loop does not spin

}  // namespace

struct Acceptor::Impl final : Source {
    Impl(Loop& owner, int listening_fd, OnAccept callback)
        : loop{owner}, fd{listening_fd}, on_accept{std::move(callback)}, pause{owner} {
        PENSTOCK_ASSERT(loop.impl().poller.add(fd, EPOLLIN, *this));
    }
    ~Impl() {
        close();
        if (queued) loop.forget(again_hook);
    }

    void close() noexcept {
        if (fd < 0) return;
        loop.impl().poller.remove(fd, *this);
        ::close(std::exchange(fd, -1));
    }

    enum class Queue : std::uint8_t { empty, bound_reached, no_room };

    /// Accepts what is there, up to a bound. `no_room`: the system could not open one more.
    Queue accept_now() const {
        for (int i = 0; i < k_accepts_per_turn; ++i) {
            const int accepted = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (accepted < 0) {
                if (errno == ECONNABORTED || errno == EINTR) continue;  // the next may be sound
                const bool exhausted =
                    errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
                return exhausted ? Queue::no_room : Queue::empty;
            }
            const int on = 1;
            ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on,
                         sizeof on);  // fails on unix: fine
            hand_over(accepted);
        }
        return Queue::bound_reached;
    }

    // An exception that left from here would take the rest of the backlog along, of which no
    // further event tells.
    void hand_over(int accepted) const {
        try {
            on_accept(Transport{loop, accepted});
        } catch (...) {
            loop.post([thrown = std::current_exception()] { std::rethrow_exception(thrown); });
        }
    }

    void ready(std::uint32_t /*events*/) override { accept_some(); }

    // Edge-triggered: what the bound leaves behind is taken in the next turn, not told of again.
    void accept_some() {
        queued = false;
        if (fd < 0) return;
        const Queue left = accept_now();
        if (left == Queue::no_room) pause.set(k_pause, again_hook);
        if (left == Queue::bound_reached && !std::exchange(queued, true)) {
            loop.wake_soon(again_hook);
        }
    }

    Loop& loop;
    int fd;
    OnAccept on_accept;
    Timer pause;
    bool queued = false;
    Hook<Impl, &Impl::accept_some> again_hook{*this};
};

Acceptor::Acceptor(Loop& loop, int listening_fd, OnAccept on_accept)
    : impl_{std::make_unique<Impl>(loop, listening_fd, std::move(on_accept))} {}

Acceptor::~Acceptor() = default;

void Acceptor::drain_and_close() {
    if (impl_->fd < 0) return;
    // The kernel goes on queueing until the socket is closed: a flood must not keep it open.
    for (int turn = 0; turn < k_drain_turns; ++turn) {
        if (impl_->accept_now() != Impl::Queue::bound_reached) break;
    }
    impl_->pause.clear();
    impl_->close();
}

}  // namespace penstock::net
