#include "files.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace penstock::app {

namespace {

class OpenFile {
public:
    // Non-blocking, so that a pipe somebody named by mistake does not hold up a reload.
    explicit OpenFile(const std::string& path)
        : fd_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {}
    ~OpenFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

Error failed(const std::string& path, const std::string& why) {
    return Error{ErrorCode::io_failed, "cannot read \"" + path + "\": " + why};
}

}  // namespace

Result<std::string> read_small_file(const std::string& path) {
    const OpenFile file{path};
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
        return failed(path, std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) return failed(path, "it is no regular file");
    std::string bytes;
    char buffer[16384];
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed(path, std::strerror(errno));
        if (got == 0) return bytes;
        bytes.append(buffer, static_cast<std::size_t>(got));
        if (bytes.size() > k_file_bytes) return failed(path, "it is larger than 1 MiB");
    }
}

}  // namespace penstock::app
