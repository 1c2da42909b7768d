#include "socket_io.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace penstock::control {

namespace asio = boost::asio;
using Socket = asio::generic::stream_protocol::socket;

namespace {

constexpr auto k_await = asio::as_tuple(asio::use_awaitable);

Error closed(std::string_view doing, std::string_view why) {
    return Error{ErrorCode::upstream_closed, std::string{doing} + ": " + std::string{why}};
}

/// TLS has the words where it knows any.
Error tls_closed(std::string_view doing, const net::TlsSocket& tls) {
    const Error failure = tls.failure();
    return closed(doing,
                  failure.detail().empty() ? "the connection was cut off" : failure.detail());
}

/// Until the socket can do what TLS waits for.
asio::awaitable<Result<void>> wait_for(std::shared_ptr<Client::State> state, net::TlsStep step) {
    const auto what = step == net::TlsStep::wants_write ? Socket::wait_write : Socket::wait_read;
    const auto [error] = co_await state->socket.async_wait(what, k_await);
    if (const Error* end = state->ended()) co_return *end;
    if (error) co_return closed("waiting", error.message());
    co_return Result<void>{};
}

bool waits(net::TlsStep step) noexcept {
    return step == net::TlsStep::wants_read || step == net::TlsStep::wants_write;
}

asio::awaitable<Result<void>> write_tls(std::shared_ptr<Client::State> state,
                                        std::string_view bytes) {
    while (!bytes.empty()) {
        const net::TlsSocket::Moved moved = state->tls->write(bytes);
        bytes.remove_prefix(moved.bytes);
        if (moved.step == net::TlsStep::done) continue;
        if (!waits(moved.step)) co_return tls_closed("writing", *state->tls);
        const Result<void> ready = co_await wait_for(state, moved.step);
        if (!ready.has_value()) co_return ready.error();
    }
    co_return Result<void>{};
}

asio::awaitable<Result<std::size_t>> read_tls(std::shared_ptr<Client::State> state,
                                              std::span<char> into) {
    for (;;) {
        const net::TlsSocket::Moved moved = state->tls->read(into);
        if (moved.step == net::TlsStep::done) co_return moved.bytes;
        if (moved.step == net::TlsStep::end) co_return std::size_t{0};
        if (!waits(moved.step)) co_return tls_closed("reading", *state->tls);
        const Result<void> ready = co_await wait_for(state, moved.step);
        if (!ready.has_value()) co_return ready.error();
    }
}

}  // namespace

asio::awaitable<Result<void>> encrypt(std::shared_ptr<Client::State> state) {
    state->phase = Phase::encrypting;
    state->socket.native_non_blocking(true);
    const net::ClientHandshake with{.server_name = state->endpoint.server_name,
                                    .session = state->session,
                                    .alpn = {"http/1.1"},
                                    .tls = state->endpoint.tls};
    auto begun = net::TlsSocket::begin(state->socket.native_handle(), with);
    if (!begun.has_value()) co_return begun.error();
    state->tls = std::move(*begun);
    for (;;) {
        const net::TlsStep step = state->tls->handshake();
        if (step == net::TlsStep::done) co_return Result<void>{};
        if (!waits(step)) co_return state->tls->failure();
        const Result<void> ready = co_await wait_for(state, step);
        if (!ready.has_value()) co_return ready.error();
    }
}

asio::awaitable<Result<void>> write_all(std::shared_ptr<Client::State> state,
                                        std::string_view bytes) {
    if (state->tls) co_return co_await write_tls(state, bytes);
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    const auto [error, count] = co_await asio::async_write(state->socket, buffer, k_await);
    if (const Error* end = state->ended()) co_return *end;
    if (error) co_return closed("writing", error.message());
    co_return Result<void>{};
}

asio::awaitable<Result<std::size_t>> read_some(std::shared_ptr<Client::State> state,
                                               std::span<char> into) {
    if (state->tls) co_return co_await read_tls(state, into);
    const auto buffer = asio::buffer(into.data(), into.size());
    const auto [error, count] = co_await state->socket.async_read_some(buffer, k_await);
    if (const Error* end = state->ended()) co_return *end;
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error) co_return closed("reading", error.message());
    co_return count;
}

}  // namespace penstock::control
