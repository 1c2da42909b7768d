// An outbound HTTP/1.1 client for polling, hooks and export, in plain text or over TLS: one target,
// one kept-alive connection.
//
// For servers the operator named, never for client traffic: the data path has its own parser.
// Owned by who asks. Control thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "penstock/base/error.h"
#include "penstock/base/units.h"
#include "penstock/control/endpoint.h"

namespace boost::asio {
class io_context;
}

namespace penstock::control {

enum class Method : std::uint8_t { get, post };

/// One request. Host, Content-Length and User-Agent are added by the client.
struct Ask {
    Method method = Method::get;
    std::string target = "/";  // origin form
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    Millis timeout{5'000};       // over all: resolve, connect, TLS, write, read
    Bytes answer_limit = 8_MiB;  // of the body
};

struct Answer {
    int status = 0;
    std::string content_type;
    std::string body;
};

class Client {
public:
    Client(boost::asio::io_context& control, Endpoint endpoint);
    ~Client();  // as `close`
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends and awaits the whole answer; any status is an answer. One at a time. A kept connection
    /// is used for at most 3 s of idleness, and a GET is sent once more on a fresh one when the
    /// kept one dies before the first byte. Errors: connect_failed, connect_timeout,
    /// tls_handshake_failed, tls_verification_failed, upstream_closed, upstream_bad_response
    /// (malformed, or over a limit), first_byte_timeout, total_timeout, invalid_value (the request
    /// itself cannot be written), shutting_down (closed meanwhile). Cancelled by `close`, by
    /// destroying the client or by destroying the coroutine; leaves no connection behind then. The
    /// coroutine may outlive the client.
    [[nodiscard]] boost::asio::awaitable<Result<Answer>> ask(Ask ask);

    /// For good: what is under way ends with shutting_down, and so does every later `ask`.
    void close() noexcept;

    struct State;  // private

private:
    std::shared_ptr<State> state_;
};

}  // namespace penstock::control
