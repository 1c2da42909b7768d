#include "sd_notify.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace penstock::app {

void sd_notify(std::string_view state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr) return;
    sockaddr_un address{};
    const std::size_t length = std::strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract socket
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
    ::close(fd);
}

std::optional<Millis> watchdog_interval() {
    const char* text = std::getenv("WATCHDOG_USEC");
    if (text == nullptr) return std::nullopt;
    const char* pid = std::getenv("WATCHDOG_PID");
    if (pid != nullptr && std::to_string(::getpid()) != pid) return std::nullopt;
    const long long micros = std::atoll(text);
    if (micros <= 0) return std::nullopt;
    return std::chrono::duration_cast<Millis>(Micros{micros / 2});
}

}  // namespace penstock::app
