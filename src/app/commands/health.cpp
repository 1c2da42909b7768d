// A look at the admin listener's readiness, for HEALTHCHECK in images that have no curl.
#include <cstdio>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "commands.h"

namespace penstock::app {

namespace {

constexpr long k_timeout_seconds = 5;

int connect_to(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
    int fd = -1;
    for (const addrinfo* each = found; each != nullptr && fd < 0; each = each->ai_next) {
        fd = ::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval timeout{.tv_sec = k_timeout_seconds, .tv_usec = 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
        if (::connect(fd, each->ai_addr, each->ai_addrlen) != 0) {
            ::close(fd);
            fd = -1;
        }
    }
    ::freeaddrinfo(found);
    return fd;
}

int look(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) {
        std::fprintf(stderr, "penstock: \"%s\" is not host:port\n", address.c_str());
        return k_usage;
    }
    const int fd = connect_to(address.substr(0, colon), address.substr(colon + 1));
    if (fd < 0) {
        std::fprintf(stderr, "penstock: nobody answers on %s\n", address.c_str());
        return k_failed;
    }
    const std::string request = "GET /readyz HTTP/1.0\r\nHost: " + address + "\r\n\r\n";
    std::string answer;
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
        char buffer[4096];
        const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
        if (count > 0) answer.assign(buffer, static_cast<std::size_t>(count));
    }
    ::close(fd);
    const bool ready = answer.find(" 200 ") == 8;
    std::printf("%s\n", ready ? "ready" : "not ready");
    return ready ? k_done : k_failed;
}

}  // namespace

void add_health(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand(
        "health", "Ask a running Penstock whether it is ready; exit status 1 if not.");
    auto address = std::make_shared<std::string>("127.0.0.1:9090");
    command->add_option("--admin", *address, "Its admin address.")->capture_default_str();
    command->callback([address, &action] { action = [address] { return look(*address); }; });
}

}  // namespace penstock::app
