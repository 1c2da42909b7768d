#include "penstock/control/resolver.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "penstock/base/assert.h"

namespace penstock::control {

namespace asio = boost::asio;

namespace {
constexpr auto k_await = asio::as_tuple(asio::use_awaitable);
}

// The coroutine sleeps on the timer, and who has news cancels it: a getaddrinfo under way cannot be
// stopped, so nobody may have to wait for it. Shared with the completion, which may come later.
struct Resolver::Lookup {
    explicit Lookup(asio::io_context& control) : resolver{control}, bell{control} {}
    asio::ip::tcp::resolver resolver;
    asio::steady_timer bell;
    std::vector<asio::ip::address> found;
    std::string problem;
    bool answered = false;
    bool cancelled = false;
};

Resolver::Resolver(asio::io_context& control) : control_{control} {}

Resolver::~Resolver() {
    cancel();
}

void Resolver::cancel() noexcept {
    if (!lookup_) return;
    lookup_->cancelled = true;
    lookup_->bell.cancel();
    lookup_.reset();
}

namespace {

void start(const std::shared_ptr<Resolver::Lookup>& lookup, const std::string& host) {
    lookup->resolver.async_resolve(
        host, "0", asio::ip::tcp::resolver::numeric_service,
        [lookup](const boost::system::error_code& error, const auto& results) {
            for (const auto& entry : results) lookup->found.push_back(entry.endpoint().address());
            if (error) lookup->problem = error.message();
            lookup->answered = true;
            lookup->bell.cancel();
        });
}

// Free of the resolver, which may be gone before it ends.
asio::awaitable<Result<std::vector<asio::ip::address>>> await_answer(
    std::shared_ptr<Resolver::Lookup> lookup, std::string host, Millis timeout) {
    lookup->bell.expires_after(timeout);
    start(lookup, host);
    co_await lookup->bell.async_wait(k_await);
    if (lookup->cancelled) co_return Error{ErrorCode::shutting_down};
    if (!lookup->answered) {
        co_return Error{ErrorCode::connect_timeout, "resolving " + host + " takes too long"};
    }
    if (lookup->found.empty()) {
        co_return Error{ErrorCode::connect_failed,
                        "cannot resolve " + host + ": " + lookup->problem};
    }
    std::vector<asio::ip::address> found = std::move(lookup->found);
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    co_return found;
}

asio::awaitable<Result<std::vector<asio::ip::address>>> at_once(asio::ip::address literal) {
    std::vector<asio::ip::address> found{literal};
    co_return found;
}

}  // namespace

asio::awaitable<Result<std::vector<asio::ip::address>>> Resolver::resolve(std::string host,
                                                                          Millis timeout) {
    boost::system::error_code no_literal;
    const asio::ip::address literal = asio::ip::make_address(host, no_literal);
    if (!no_literal) return at_once(literal);
    // A lookup that was answered or given up may still be remembered here; it has no listener.
    lookup_ = std::make_shared<Lookup>(control_);
    return await_answer(lookup_, std::move(host), timeout);
}

}  // namespace penstock::control
