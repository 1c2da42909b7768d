// Opening and taking up connections.
#include <cerrno>

#include <sys/socket.h>
#include <sys/un.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "socket_io.h"

namespace penstock::control {

namespace asio = boost::asio;
using GenericEndpoint = asio::generic::stream_protocol::endpoint;

namespace {

constexpr auto k_await = asio::as_tuple(asio::use_awaitable);

// Python engines close idle connections after 5 s (uvicorn's default); away from that edge a
// request does not race with the close.
constexpr Millis k_idle_max{3'000};

// How long a name's answer is used before it is asked for again: a connection in each few seconds
// need not wait for a lookup each, and a slow name server delays nobody.
constexpr Millis k_addresses_keep{30'000};

std::string name_of(const Endpoint& endpoint) {
    return endpoint.unix_path.empty() ? endpoint.authority : "unix:" + endpoint.unix_path;
}

asio::awaitable<Result<void>> find_addresses(std::shared_ptr<Client::State> state, Millis timeout) {
    const bool fresh = Clock::now() - state->resolved_at < k_addresses_keep;
    if (!state->addresses.empty() && fresh) co_return Result<void>{};
    auto found = co_await state->resolver.resolve(state->endpoint.host, timeout);
    if (const Error* end = state->ended()) co_return *end;
    if (found.has_value()) {
        state->addresses = std::move(*found);
        state->resolved_at = Clock::now();
    } else if (state->addresses.empty()) {
        co_return found.error();
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> connect_to(std::shared_ptr<Client::State> state,
                                         GenericEndpoint where) {
    state->drop_connection();
    state->phase = Phase::connecting;
    const auto [error] = co_await state->socket.async_connect(where, k_await);
    if (const Error* end = state->ended()) co_return *end;
    if (error) {
        co_return Error{ErrorCode::connect_failed,
                        "cannot connect to " + name_of(state->endpoint) + ": " + error.message()};
    }
    if (state->endpoint.tls) co_return co_await encrypt(state);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> connect_tcp(std::shared_ptr<Client::State> state, Millis timeout) {
    auto named = co_await find_addresses(state, timeout);
    if (!named.has_value()) co_return named.error();
    const auto addresses = state->addresses;
    Result<void> outcome = Error{ErrorCode::connect_failed};
    for (const auto& address : addresses) {
        const asio::ip::tcp::endpoint where{address, state->endpoint.port};
        outcome = co_await connect_to(state, GenericEndpoint{where});
        if (outcome.has_value()) {
            boost::system::error_code ignored;
            state->socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
            co_return outcome;
        }
        if (state->ended()) co_return outcome;
    }
    // Perhaps the server moved: look the name up before the next attempt.
    state->resolved_at = {};
    co_return outcome;
}

}  // namespace

asio::awaitable<Result<void>> open_connection(std::shared_ptr<Client::State> state,
                                              Millis timeout) {
    state->phase = Phase::connecting;  // of looking the name up, too
    const std::string& path = state->endpoint.unix_path;
    if (path.empty()) return connect_tcp(std::move(state), timeout);
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        return [](std::string long_path) -> asio::awaitable<Result<void>> {
            co_return Error{ErrorCode::connect_failed, "socket path too long: " + long_path};
        }(path);
    }
    const GenericEndpoint where{asio::local::stream_protocol::endpoint{path}};
    return connect_to(std::move(state), where);
}

bool take_kept(Client::State& state) {
    if (!state.socket.is_open()) return false;
    const bool young = Clock::now() - state.idle_since < k_idle_max;
    if (young && state.tls) {
        if (state.tls->quiet()) return true;
    } else if (young) {
        // Anything readable, be it an end or stray bytes, makes it unfit.
        char byte = 0;
        const auto got =
            ::recv(state.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    }
    state.drop_connection();
    return false;
}

}  // namespace penstock::control
