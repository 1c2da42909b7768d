#include "penstock/net/resolve.h"

#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <boost/asio/ip/tcp.hpp>

#include "penstock/base/await.h"
#include "penstock/net/loop.h"

namespace penstock::net {

namespace {

// Shared by the waiting task and the resolver's completion: whichever is left last frees it.
struct Lookup {
    explicit Lookup(Loop& loop) : resolver{loop.context()} {}
    boost::asio::ip::tcp::resolver resolver;
    std::vector<SocketAddress> found;
    std::string problem;
    Waiter* waiter = nullptr;
    bool done = false;
};

}  // namespace

std::vector<SocketAddress> literal_address(const std::string& host, std::uint16_t port) {
    SocketAddress address;
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        address.length = sizeof v4;
        return {address};
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        address.length = sizeof v6;
        return {address};
    }
    return {};
}

std::vector<SocketAddress> unix_address(const std::string& path) {
    SocketAddress address;
    auto& name = reinterpret_cast<sockaddr_un&>(address.storage);
    if (path.size() >= sizeof name.sun_path) return {};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.data(), path.size());
    address.length = sizeof name;
    return {address};
}

Task<Result<std::vector<SocketAddress>>> resolve(Loop& loop, std::string host, std::uint16_t port) {
    auto lookup = std::make_shared<Lookup>(loop);
    lookup->resolver.async_resolve(
        host, std::to_string(port), boost::asio::ip::tcp::resolver::numeric_service,
        [lookup](const boost::system::error_code& error, const auto& results) {
            for (const auto& entry : results) {
                SocketAddress address;
                address.length = static_cast<socklen_t>(entry.endpoint().size());
                std::memcpy(&address.storage, entry.endpoint().data(), address.length);
                lookup->found.push_back(address);
            }
            if (error) lookup->problem = error.message();
            lookup->done = true;
            if (Waiter* waiter = std::exchange(lookup->waiter, nullptr)) waiter->wake();
        });
    Lookup* waiting = lookup.get();
    while (!waiting->done) {
        co_await WakeAwaiter{[waiting](Waiter* waiter) noexcept { waiting->waiter = waiter; }};
    }
    if (lookup->found.empty()) {
        co_return Error{ErrorCode::connect_failed,
                        "cannot resolve " + host + ": " + lookup->problem};
    }
    co_return std::move(lookup->found);
}

}  // namespace penstock::net
