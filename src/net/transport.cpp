#include "penstock/net/transport.h"

#include <cerrno>
#include <new>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "penstock/net/loop.h"

namespace penstock::net {

namespace {

using Socket = boost::asio::generic::stream_protocol::socket;

int family_of(int fd) noexcept {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0
               ? address.ss_family
               : AF_UNSPEC;
}

constexpr bool is_would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

// The socket and what its outstanding operations write to. It outlives the transport until the last
// of them has come back; the own buffer lies behind it in the same allocation.
struct Transport::Core {
    enum class Seen : std::uint8_t { nothing, bytes, end, failed };

    Core(Loop& owner, int socket_fd, std::size_t own_buffer)
        : loop{owner},
          socket{owner.context(), boost::asio::generic::stream_protocol{family_of(socket_fd), 0},
                 socket_fd},
          fd{socket_fd},
          capacity{static_cast<std::uint32_t>(own_buffer)} {
        socket.non_blocking(true);
    }

    [[nodiscard]] char* own() noexcept { return reinterpret_cast<char*>(this + 1); }

    void arm_read();
    void read_done(const boost::system::error_code& error, std::size_t count);
    void arm_write();
    void release() noexcept;
    void wake_reader();

    Loop& loop;
    Socket socket;
    int fd;
    std::uint32_t capacity;
    std::uint32_t stored = 0;     // bytes in the own buffer
    std::uint8_t operations = 0;  // outstanding in Asio
    Seen seen = Seen::nothing;
    bool more = true;  // the kernel may hold bytes that nobody has been told of
    bool read_armed = false;
    bool write_armed = false;
    bool orphaned = false;
    Waiter* reader = nullptr;
    Waiter* writer = nullptr;
    // What waits in the loop's next turn when bytes are here already: the loop knows this hook, not
    // the reader, which may be taken back or replaced meanwhile.
    Hook<Core, &Core::wake_reader> ready_hook{*this};
    bool ready_queued = false;
};

void Transport::Core::wake_reader() {
    ready_queued = false;
    if (Waiter* waiter = std::exchange(reader, nullptr)) waiter->wake();  // may destroy this
}

void Transport::Core::arm_read() {
    read_armed = true;
    ++operations;
    socket.async_read_some(boost::asio::buffer(own(), capacity),
                           [this](const boost::system::error_code& error, std::size_t count) {
                               read_done(error, count);
                           });
}

void Transport::Core::read_done(const boost::system::error_code& error, std::size_t count) {
    read_armed = false;
    --operations;
    if (orphaned) return release();
    if (error == boost::asio::error::eof) {
        seen = Seen::end;
    } else if (error) {
        seen = Seen::failed;
    } else {
        seen = Seen::bytes;
        stored = static_cast<std::uint32_t>(count);
        more = stored == capacity;  // a short read has emptied the kernel's buffer
    }
    if (Waiter* waiter = std::exchange(reader, nullptr)) waiter->wake();  // may destroy this
}

void Transport::Core::arm_write() {
    write_armed = true;
    ++operations;
    socket.async_wait(Socket::wait_write, [this](const boost::system::error_code&) {
        write_armed = false;
        --operations;
        if (orphaned) return release();
        if (Waiter* waiter = std::exchange(writer, nullptr)) waiter->wake();  // may destroy this
    });
}

void Transport::Core::release() noexcept {
    orphaned = true;
    if (operations > 0) return;
    this->~Core();
    ::operator delete(this);
}

Transport::Transport(Loop& loop, int fd, std::size_t own_buffer)
    : core_{new (::operator new(sizeof(Core) + own_buffer)) Core{loop, fd, own_buffer}} {}

Transport::~Transport() {
    if (core_->ready_queued) core_->loop.forget(core_->ready_hook);
    close();
    core_->release();
}

ReadBytes Transport::try_read() {
    Core& core = *core_;
    switch (std::exchange(core.seen, Core::Seen::nothing)) {
        case Core::Seen::bytes:
            return {IoState::bytes, {core.own(), std::exchange(core.stored, 0)}};
        case Core::Seen::end:
            core.seen = Core::Seen::end;
            return {IoState::end, {}};
        case Core::Seen::failed:
            core.seen = Core::Seen::failed;
            return {IoState::failed, {}};
        case Core::Seen::nothing:
            break;
    }
    if (core.read_armed || !core.more) return {};
    const std::span<char> buffer = core.loop.read_buffer();
    const ssize_t count = ::recv(core.fd, buffer.data(), buffer.size(), 0);
    if (count > 0) {
        core.more = static_cast<std::size_t>(count) == buffer.size();
        return {IoState::bytes, {buffer.data(), static_cast<std::size_t>(count)}};
    }
    if (count == 0) {
        core.seen = Core::Seen::end;
        return {IoState::end, {}};
    }
    if (is_would_block(errno)) {
        core.more = false;
        return {};
    }
    core.seen = Core::Seen::failed;
    return {IoState::failed, {}};
}

void Transport::when_readable(Waiter* waiter) noexcept {
    Core& core = *core_;
    core.reader = waiter;
    if (waiter == nullptr || core.read_armed || core.ready_queued) return;
    if (core.seen == Core::Seen::nothing) return core.arm_read();
    core.ready_queued = true;
    core.loop.wake_soon(core.ready_hook);
}

std::ptrdiff_t Transport::try_write(std::span<const std::string_view> pieces) noexcept {
    constexpr std::size_t k_most = 64;
    iovec vectors[k_most];
    std::size_t count = 0;
    for (const std::string_view piece : pieces) {
        if (piece.empty()) continue;
        if (count == k_most) break;
        vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    if (count == 0) return 0;
    ssize_t sent = 0;
    if (count == 1) {
        sent = ::send(core_->fd, vectors[0].iov_base, vectors[0].iov_len, MSG_NOSIGNAL);
    } else {
        msghdr message{};
        message.msg_iov = vectors;
        message.msg_iovlen = count;
        sent = ::sendmsg(core_->fd, &message, MSG_NOSIGNAL);
    }
    if (sent >= 0) return sent;
    return is_would_block(errno) ? 0 : -1;
}

void Transport::when_writable(Waiter* waiter) noexcept {
    core_->writer = waiter;
    if (waiter != nullptr && !core_->write_armed) core_->arm_write();
}

bool Transport::quiet() noexcept {
    if (!open() || core_->seen != Core::Seen::nothing) return false;
    char byte = 0;
    return ::recv(core_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && is_would_block(errno);
}

bool Transport::peer_gone() const noexcept {
    if (!open()) return true;
    pollfd poll{.fd = core_->fd, .events = POLLRDHUP, .revents = 0};
    return ::poll(&poll, 1, 0) > 0 && (poll.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Transport::shut_down_write() noexcept {
    if (open()) ::shutdown(core_->fd, SHUT_WR);
}

void Transport::close() noexcept {
    boost::system::error_code ignored;
    core_->socket.close(ignored);
    core_->fd = -1;  // the number may be another connection's soon
}

void Transport::abort() noexcept {
    if (!open()) return;
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(core_->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close();
}

int Transport::fd() const noexcept {
    return core_->fd;
}
bool Transport::open() const noexcept {
    return core_->socket.is_open();
}

}  // namespace penstock::net
