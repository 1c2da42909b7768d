#include "sink.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace penstock::telemetry {

namespace {

constexpr mode_t k_file_mode = 0640;  // access lines name clients: not for everybody

bool ready(int fd, int milliseconds) noexcept {
    pollfd waits{.fd = fd, .events = POLLOUT, .revents = 0};
    return ::poll(&waits, 1, milliseconds) > 0;
}

}  // namespace

Sink::Sink(int fd) noexcept : fd_{fd} {
    struct stat facts {};
    if (fd_ < 0 || ::fstat(fd_, &facts) != 0) return;
    socket_ = S_ISSOCK(facts.st_mode);
    const int flags = ::fcntl(fd_, F_GETFL);
    careful_ = !socket_ && !S_ISREG(facts.st_mode) && (flags & O_NONBLOCK) == 0;
}

Sink::~Sink() {
    if (fd_ >= 0) ::close(fd_);
}

Sink::Sink(Sink&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)},
      socket_{other.socket_},
      careful_{other.careful_},
      pending_{std::move(other.pending_)} {}

Sink& Sink::operator=(Sink&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(socket_, other.socket_);
    std::swap(careful_, other.careful_);
    std::swap(pending_, other.pending_);
    return *this;
}

Sink Sink::on_standard(int fd) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return Sink{};
    if (S_ISFIFO(facts.st_mode)) {
        const std::string path = "/proc/self/fd/" + std::to_string(fd);
        const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (own >= 0) return Sink{own};
    }
    return Sink{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
}

Sink Sink::on_file(const std::string& path) {
    return Sink{
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, k_file_mode)};
}

std::uint64_t Sink::append(std::string_view line) {
    if (fd_ < 0 || pending_.size() + line.size() > k_pending_max) return 1;
    pending_ += line;
    return 0;
}

long Sink::write_some(std::string_view bytes) const noexcept {
    if (socket_) return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!careful_) return ::write(fd_, bytes.data(), bytes.size());
    // A pipe that polls writable takes PIPE_BUF bytes without blocking (POSIX write(2)).
    if (!ready(fd_, 0)) {
        errno = EAGAIN;
        return -1;
    }
    return ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

std::uint64_t Sink::flush() {
    std::size_t done = 0;
    while (done < pending_.size()) {
        const long wrote = write_some(std::string_view{pending_}.substr(done));
        if (wrote > 0) {
            done += static_cast<std::size_t>(wrote);
        } else if (wrote < 0 && errno == EINTR) {
            continue;
        } else {
            const bool blocked = wrote == 0 || errno == EAGAIN;
            pending_.erase(0, done);
            return blocked ? 0 : drop();
        }
    }
    pending_.clear();
    return 0;
}

void Sink::wait(int milliseconds) const {
    if (fd_ >= 0 && !pending_.empty()) (void)ready(fd_, milliseconds);
}

std::uint64_t Sink::drop() {
    const auto lines = std::ranges::count(pending_, '\n');
    pending_.clear();
    return static_cast<std::uint64_t>(lines);
}

}  // namespace penstock::telemetry
