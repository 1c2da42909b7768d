#include "penstock/net/resolve.h"

#include <cstring>
#include <memory>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <boost/asio/post.hpp>

#include "loop_impl.h"
#include "penstock/net/await.h"
#include "resolver_thread.h"

namespace penstock::net {

namespace {

// Shared by the waiting task and the look-up; the fields for the task are written on its thread.
struct Lookup {
    std::vector<SocketAddress> found;
    std::string problem;
    Waiter* waiter = nullptr;
    bool done = false;
};

void look_up(const std::string& host, std::uint16_t port, Lookup& into) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (code != 0) into.problem = ::gai_strerror(code);
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        SocketAddress address;
        address.length = each->ai_addrlen;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        into.found.push_back(address);
    }
    if (list != nullptr) ::freeaddrinfo(list);
}

}  // namespace

ResolverThread::ResolverThread() : thread_{[this] { context_.run(); }} {}

ResolverThread::~ResolverThread() {
    context_.stop();
    thread_.join();
}

void ResolverThread::post(std::function<void()> look_up) {
    boost::asio::post(context_, std::move(look_up));
}

void Loop::look_up(std::function<void()> work) {
    if (!impl_->resolver) impl_->resolver = std::make_unique<ResolverThread>();
    impl_->resolver->post(std::move(work));
}

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

Task<Result<std::vector<SocketAddress>>> resolve(Loop& loop, std::string host, std::uint16_t port,
                                                 Millis deadline) {
    auto lookup = std::make_shared<Lookup>();
    loop.look_up([&loop, lookup, host, port] {
        auto answer = std::make_shared<Lookup>();
        look_up(host, port, *answer);
        loop.post([lookup, answer] {
            lookup->found = std::move(answer->found);
            lookup->problem = std::move(answer->problem);
            lookup->done = true;
            if (Waiter* waiter = std::exchange(lookup->waiter, nullptr)) waiter->wake();
        });
    });
    Lookup* waiting = lookup.get();
    while (!waiting->done) {
        const bool in_time = co_await within(
            loop, deadline, [waiting](Waiter* waiter) noexcept { waiting->waiter = waiter; });
        if (!in_time) {
            co_return Error{ErrorCode::connect_timeout, "resolving " + host + " took too long"};
        }
    }
    if (lookup->found.empty()) {
        co_return Error{ErrorCode::connect_failed,
                        "cannot resolve " + host + ": " + lookup->problem};
    }
    co_return std::move(lookup->found);
}

}  // namespace penstock::net
