// What an exchange of the control client works on. Private to the module.
#pragma once

#include <cstdint>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "penstock/control/client.h"
#include "penstock/control/resolver.h"
#include "penstock/net/tls_socket.h"

namespace penstock::control {

/// How far an exchange has come: it names the error when the deadline ends it.
enum class Phase : std::uint8_t { connecting, encrypting, waiting, reading };

/// Held by the client, by each coroutine and by the deadline's callback: whoever is last frees it.
struct Client::State {
    State(boost::asio::io_context& context, Endpoint where)
        : control{context},
          endpoint{std::move(where)},
          resolver{context},
          socket{context},
          deadline{context} {}

    boost::asio::io_context& control;
    Endpoint endpoint;
    Resolver resolver;
    boost::asio::generic::stream_protocol::socket socket;
    std::unique_ptr<net::TlsSocket> tls;  // of `socket`; null: plain text
    std::shared_ptr<net::TlsSessionSlot> session = net::make_tls_session_slot();
    boost::beast::flat_buffer buffer;
    boost::asio::steady_timer deadline;
    TimePoint idle_since{};
    std::vector<boost::asio::ip::address> addresses;  // the name's last good answer
    TimePoint resolved_at{};
    std::uint64_t serial = 0;  // of the exchange: a callback of an earlier one does nothing
    Phase phase = Phase::connecting;
    bool busy = false;
    bool timed_out = false;
    bool closed = false;

    void drop_connection() noexcept {
        boost::system::error_code ignored;
        tls.reset();
        socket.close(ignored);
        buffer.clear();
    }

    /// Why nothing goes on, if so: closed by the owner, or late. Asked after every wait.
    [[nodiscard]] const Error* ended();

private:
    Error end_;
};

/// Opens a fresh connection. Errors: connect_failed, connect_timeout, shutting_down.
[[nodiscard]] boost::asio::awaitable<Result<void>> open_connection(
    std::shared_ptr<Client::State> state, Millis timeout);

/// Takes the kept connection up again if it is young and quiet; else closes it.
[[nodiscard]] bool take_kept(Client::State& state);

/// Writes the request and reads the answer; sets `keep` when the connection may serve again.
[[nodiscard]] boost::asio::awaitable<Result<Answer>> converse(std::shared_ptr<Client::State> state,
                                                              const std::string& request,
                                                              Bytes answer_limit, bool* keep);

}  // namespace penstock::control
