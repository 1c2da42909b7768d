// Bytes over the client's connection, in plain text or through TLS. Private to the module.
//
// Each returns as soon as the exchange has ended otherwise, with its reason (`State::ended`).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "client_state.h"

namespace penstock::control {

/// TLS on a connection that has just been made. Errors: tls_handshake_failed,
/// tls_verification_failed, connect_timeout, shutting_down.
[[nodiscard]] boost::asio::awaitable<Result<void>> encrypt(std::shared_ptr<Client::State> state);

/// `bytes` and `into` live until the task's end. Errors: upstream_closed and those of the exchange.
[[nodiscard]] boost::asio::awaitable<Result<void>> write_all(std::shared_ptr<Client::State> state,
                                                             std::string_view bytes);
/// How many bytes have come, at least one; 0: the peer has ended its side.
[[nodiscard]] boost::asio::awaitable<Result<std::size_t>> read_some(
    std::shared_ptr<Client::State> state, std::span<char> into);

}  // namespace penstock::control
