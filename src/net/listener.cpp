#include "penstock/net/listener.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "penstock/net/transport.h"

namespace penstock::net {

namespace {

constexpr int k_backlog = 4096;  // the kernel caps it at net.core.somaxconn
constexpr std::string_view k_unix_prefix = "unix:";

Error system_error(std::string_view what, std::string_view address) {
    return Error{ErrorCode::io_failed,
                 std::string{what} + " " + std::string{address} + ": " + std::strerror(errno)};
}

struct HostPort {
    std::string host;
    std::string port;
};

Result<HostPort> split(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == address.size()) {
        return Error{ErrorCode::invalid_value,
                     "\"" + std::string{address} + "\" has no port: write host:port"};
    }
    std::string_view host = address.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    // The resolver would take the number modulo 65,536.
    const std::string_view port = address.substr(colon + 1);
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size()) {
        return Error{ErrorCode::invalid_value,
                     "\"" + std::string{port} + "\" is no port: write a number up to 65535"};
    }
    return HostPort{std::string{host}, std::string{port}};
}

Result<int> listen_on(const addrinfo& info, std::string_view address) {
    const int fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return system_error("cannot open a socket for", address);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (::bind(fd, info.ai_addr, info.ai_addrlen) != 0 || ::listen(fd, k_backlog) != 0) {
        const Error error = system_error("cannot listen on", address);
        ::close(fd);
        return error;
    }
    return fd;
}

// Another process may hold the port with SO_REUSEPORT too, and the kernel would then give each a
// share of the connections without a word. Binding once without it tells.
Result<void> check_free(const addrinfo& info, std::string_view address) {
    const int fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return system_error("cannot open a socket for", address);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool free = ::bind(fd, info.ai_addr, info.ai_addrlen) == 0;
    const Error error = system_error("cannot listen on", address);
    ::close(fd);
    if (!free) return error;
    return {};
}

void set_port(addrinfo& info, std::uint16_t port) {
    if (info.ai_family == AF_INET6) {
        reinterpret_cast<sockaddr_in6*>(info.ai_addr)->sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in*>(info.ai_addr)->sin_port = htons(port);
    }
}

std::uint16_t port_of(const std::string& local) {
    return static_cast<std::uint16_t>(std::stoul(local.substr(local.rfind(':') + 1)));
}

/// True when one of these TCP listeners has this port, on whichever host.
bool on_port(std::span<const std::string> local_addresses, const std::string& port) {
    const std::string end = ":" + std::to_string(std::stoul(port));
    return std::ranges::any_of(local_addresses, [&end](const std::string& each) {
        return !each.starts_with(k_unix_prefix) && each.ends_with(end);
    });
}

Result<BoundListener> bind_tcp(std::string_view address, std::size_t workers,
                               std::span<const std::string> leaving) {
    const Result<HostPort> parts = split(address);
    if (!parts) return parts.error();
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const char* host = parts->host.empty() ? nullptr : parts->host.c_str();
    if (const int code = ::getaddrinfo(host, parts->port.c_str(), &hints, &found); code != 0) {
        return Error{ErrorCode::invalid_value,
                     "cannot resolve \"" + std::string{address} + "\": " + ::gai_strerror(code)};
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{found, ::freeaddrinfo};
    const Result<void> free = check_free(*found, address);
    if (!free && !on_port(leaving, parts->port)) return free.error();

    BoundListener bound{.address = std::string{address}, .local_address = {}, .fds = {}};
    for (std::size_t i = 0; i < workers; ++i) {
        const Result<int> fd = listen_on(*found, address);
        if (!fd) {
            close(bound);
            return fd.error();
        }
        bound.fds.push_back(*fd);
        if (i == 0) {
            bound.local_address = local_name(*fd);
            set_port(*found, port_of(bound.local_address));  // port 0: the others join the first
        }
    }
    return bound;
}

/// True when somebody accepts on this path. What a dead process has left behind refuses.
bool is_served(const sockaddr_un& name) noexcept {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const bool connected =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
    const bool busy = !connected && errno == EAGAIN;  // its backlog is full
    ::close(fd);
    return connected || busy;
}

Result<BoundListener> bind_unix(std::string_view address, std::size_t workers) {
    const std::string path{address.substr(k_unix_prefix.size())};
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof name.sun_path) {
        return Error{ErrorCode::invalid_value,
                     "\"" + path + "\" is no path for a unix socket (1 to " +
                         std::to_string(sizeof name.sun_path - 1) + " bytes)"};
    }
    std::memcpy(name.sun_path, path.data(), path.size());
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
        if (is_served(name)) {
            errno = EADDRINUSE;
            return system_error("cannot listen on", address);
        }
        ::unlink(path.c_str());
    }
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return system_error("cannot open a socket for", address);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::listen(fd, k_backlog) != 0) {
        const Error error = system_error("cannot listen on", address);
        ::close(fd);
        return error;
    }
    BoundListener bound{
        .address = std::string{address}, .local_address = std::string{address}, .fds = {fd}};
    while (bound.fds.size() < workers) {
        const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            const Error error = system_error("cannot listen on", address);
            close(bound);
            return error;
        }
        bound.fds.push_back(copy);
    }
    return bound;
}

}  // namespace

Result<BoundListener> bind_listener(std::string_view address, std::size_t workers,
                                    std::span<const std::string> leaving) {
    return address.starts_with(k_unix_prefix) ? bind_unix(address, workers)
                                              : bind_tcp(address, workers, leaving);
}

void close(const BoundListener& bound) noexcept {
    for (const int fd : bound.fds) ::close(fd);
}

}  // namespace penstock::net
