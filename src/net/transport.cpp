#include "penstock/net/transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "transport_core.h"

namespace penstock::net {

namespace {

constexpr bool is_would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/// Few bytes in several pieces are joined: copying them costs less than the kernel's reading a
/// list.
ssize_t send_pieces(int fd, std::span<iovec> pieces, std::size_t bytes) noexcept {
    constexpr std::size_t k_joined_max = 4096;
    if (pieces.size() == 1) {
        return ::send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    }
    if (bytes <= k_joined_max) {
        char joined[k_joined_max];
        char* end = joined;
        for (const iovec& piece : pieces) {
            std::memcpy(end, piece.iov_base, piece.iov_len);
            end += piece.iov_len;
        }
        return ::send(fd, joined, bytes, MSG_NOSIGNAL);
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

void Transport::Core::ready(std::uint32_t events) {
    constexpr std::uint32_t k_end = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if ((events & k_end) != 0) hung_up = true;
    bool may_write = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    if ((events & (EPOLLIN | k_end)) != 0) {
        readable = true;
        if (tls) may_write |= tls->may_receive(hung_up);
    }
    if (may_write) {
        writable = true;
        if (tls) readable |= tls->may_send();
    }
    // The writer first and by the queue: waking the reader may destroy this.
    if (may_write && writer != nullptr && !writer_queued) {
        writer_queued = true;
        loop.wake_soon(writer_hook);
    }
    if (readable && !reader_queued && reader != nullptr) {
        std::exchange(reader, nullptr)->wake();  // may destroy this
        return;
    }
    if (hung_up && reader == nullptr) {
        if (Waiter* waiter = std::exchange(parting, nullptr)) waiter->wake();  // this, too
    }
}

void Transport::Core::wake_reader() {
    reader_queued = false;
    if (Waiter* waiter = std::exchange(reader, nullptr)) waiter->wake();  // may destroy this
}

void Transport::Core::wake_writer() {
    writer_queued = false;
    if (Waiter* waiter = std::exchange(writer, nullptr)) waiter->wake();  // may destroy this
}

Transport::Transport(Loop& loop, int fd) try : core_{std::make_unique<Core>(loop, fd)} {
} catch (...) {
    ::close(fd);  // taken over, whatever happens
}

Transport::Transport(Transport&& from) noexcept = default;

Transport::~Transport() {
    if (!core_) return;
    if (core_->reader_queued) core_->loop.forget(core_->reader_hook);
    if (core_->writer_queued) core_->loop.forget(core_->writer_hook);
    close();
}

ReadBytes Transport::try_read() {
    Core& core = *core_;
    if (core.failed || core.fd < 0) return {IoState::failed, {}};
    if (core.ended) return {IoState::end, {}};
    if (!core.readable) return {};
    if (core.tls) return core.read_tls();
    const std::span<char> buffer = core.loop.read_buffer();
    const ssize_t count = ::recv(core.fd, buffer.data(), buffer.size(), 0);
    if (count > 0) {
        core.loop.note_read(static_cast<std::size_t>(count));
        core.readable = static_cast<std::size_t>(count) == buffer.size() || core.hung_up;
        core.ack_delay.after_read(core.fd);
        return {IoState::bytes, {buffer.data(), static_cast<std::size_t>(count)}};
    }
    if (count < 0 && is_would_block(errno)) {
        core.readable = false;
        return {};
    }
    core.ended = true;
    core.failed = count < 0;
    return {core.failed ? IoState::failed : IoState::end, {}};
}

void Transport::when_readable(Waiter* waiter) noexcept {
    Core& core = *core_;
    core.reader = waiter;
    if (waiter == nullptr || core.reader_queued) return;
    if (!core.readable && !core.ended) return;
    core.reader_queued = true;
    core.loop.wake_soon(core.reader_hook);
}

void Transport::when_parting(Waiter* waiter) noexcept {
    core_->parting = waiter;
}

std::ptrdiff_t Transport::try_write(std::span<const std::string_view> pieces) noexcept {
    if (core_->tls) return core_->write_tls(pieces);
    constexpr std::size_t k_most = 64;
    iovec vectors[k_most];
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const std::string_view piece : pieces) {
        if (piece.empty()) continue;
        if (count == k_most) break;
        vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
        bytes += piece.size();
    }
    if (count == 0) return 0;
    const ssize_t sent = send_pieces(core_->fd, {vectors, count}, bytes);
    if (sent < 0 && !is_would_block(errno)) return -1;
    if (static_cast<std::size_t>(std::max<ssize_t>(sent, 0)) < bytes) core_->writable = false;
    return std::max<ssize_t>(sent, 0);
}

void Transport::when_writable(Waiter* waiter) noexcept {
    Core& core = *core_;
    core.writer = waiter;
    if (waiter == nullptr || core.writer_queued || !core.writable) return;
    core.writer_queued = true;
    core.loop.wake_soon(core.writer_hook);
}

bool Transport::quiet() noexcept {
    if (!open() || core_->ended) return false;
    if (core_->tls) return core_->quiet_tls();
    char byte = 0;
    return ::recv(core_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && is_would_block(errno);
}

bool Transport::peer_gone() const noexcept {
    if (!open() || core_->ended) return true;
    pollfd poll{.fd = core_->fd, .events = POLLRDHUP, .revents = 0};
    return ::poll(&poll, 1, 0) > 0 && (poll.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Transport::reader_touches(const HotLines& lines) noexcept {
    core_->touches.set(lines);
}

const void* Transport::hot() const noexcept {
    return &core_->fd;
}

void Transport::shut_down_write() noexcept {
    if (!open()) return;
    if (core_->tls) core_->tls->say_goodbye();
    ::shutdown(core_->fd, SHUT_WR);
}

void Transport::close() noexcept {
    if (!open()) return;
    if (core_->tls) core_->tls->say_goodbye();
    close_socket();
}

void Transport::close_socket() noexcept {
    Core& core = *core_;
    core.loop.impl().poller.remove(core.fd, core);
    ::close(core.fd);
    core.fd = -1;  // the number may be another connection's soon
}

void Transport::abort() noexcept {
    if (!open()) return;
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(core_->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close_socket();
}

void Transport::delay_acks() noexcept {
    core_->ack_delay.enable();
}

int Transport::fd() const noexcept {
    return core_->fd;
}
bool Transport::open() const noexcept {
    return core_->fd >= 0;
}

}  // namespace penstock::net
