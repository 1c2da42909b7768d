// The seam: what every protocol offers for one exchange. One handler and one relay serve all of
// them.
//
// Reads try first and wait second; writes take everything and say whether to go on. Nothing here
// blocks or throws, and a waiter is never woken from inside a call (see base/waiter.h). Thread: the
// worker of the connection.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/base/hot_lines.h"
#include "penstock/base/task.h"
#include "penstock/base/units.h"
#include "penstock/base/waiter.h"
#include "penstock/http/head.h"

namespace penstock::http {

enum class ReadState : std::uint8_t { bytes, end, would_block, failed };

using Pieces = std::span<const std::string_view>;

/// Bytes of a body, borrowed until the next call on the same stream or the return to the loop.
struct Received {
    ReadState state = ReadState::would_block;
    ErrorCode error = ErrorCode::internal;  // for ReadState::failed
    Pieces wire;  // the same bytes with their HTTP/1.1 framing, checked; without the last chunk and
                  // trailers
    Pieces payload;  // the content alone
};

/// What became of a write. `blocked`: everything was taken, but wait for `when_writable` before
/// writing more.
enum class Flow : std::uint8_t { open, blocked, failed };

/// What TLS has told of a client.
struct Encryption {
    /// In its certificate, which was verified, and allowed; empty: it has shown none.
    std::vector<std::string> client_names;
};

/// The client's side of an exchange. Owned by its connection, which outlives the handler's task and
/// destroys that task when the client has gone: a handler never asks.
class ServerStream {
public:
    ServerStream() = default;
    ServerStream(const ServerStream&) = delete;
    ServerStream& operator=(const ServerStream&) = delete;
    virtual ~ServerStream() = default;

    [[nodiscard]] virtual const RequestHead& head() const noexcept = 0;

    /// The peer as "address:port", or "unix". Lives as long as the stream.
    [[nodiscard]] virtual std::string_view peer() const noexcept = 0;

    /// Null: the client speaks plain text. Lives as long as the stream.
    [[nodiscard]] virtual const Encryption* encryption() const noexcept { return nullptr; }

    /// When the head was complete.
    [[nodiscard]] virtual TimePoint started() const noexcept = 0;

    /// Reads the request's body (`payload` only). The first read answers an `Expect: 100-continue`.
    [[nodiscard]] virtual Received try_read() = 0;
    virtual void when_readable(Waiter* waiter) noexcept = 0;  // nullptr: forget it

    /// From here on the request's body may stand still for as long as it likes, where a read fails
    /// otherwise with body_timeout: something else bounds the exchange.
    virtual void let_body_pause() noexcept {}

    /// The request's trailers, after `end`: those that may be passed on.
    [[nodiscard]] virtual const Fields& request_trailers() const noexcept {
        static const Fields none;
        return none;
    }

    /// Starts the response. Sends nothing yet: the head leaves with the first body bytes, `flush`
    /// or `finish`. Precondition: called once. Invalid names or values in `head` are a bug of the
    /// caller and are left out. A 101 makes a tunnel of both directions (RFC 9110 7.8): the
    /// request's body begins only now, and ends with the client's FIN. HTTP/1.1 only.
    virtual void respond(const ResponseHead& head) = 0;

    /// Sends body bytes as `respond` framed them: the `wire` form where both sides are chunked
    /// HTTP/1.1 and `wire` is not empty, else `payload`. Takes all; the bytes need not live on.
    virtual Flow write(Pieces wire, Pieces payload) = 0;
    virtual Flow flush() = 0;
    virtual void when_writable(Waiter* waiter) noexcept = 0;  // nullptr: forget it

    /// Ends the response properly. `trailers` may be empty.
    virtual void finish(const Fields& trailers) = 0;

    /// Ends the response visibly broken: never as if complete. `last_words` (an SSE event; may be
    /// empty) go out first where the framing allows it.
    virtual void break_off(std::string_view last_words) = 0;

    /// Adds what `write` touches.
    virtual void add_hot(HotLines& /*lines*/) const noexcept {}

    /// True once `respond` was called.
    [[nodiscard]] virtual bool responded() const noexcept = 0;

    /// Why a read or a write failed: client_gone, client_write_stall, body_timeout, bad_request…
    [[nodiscard]] virtual ErrorCode failure() const noexcept = 0;

    /// Bytes on the wire so far.
    [[nodiscard]] virtual std::uint64_t bytes_in() const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t bytes_out() const noexcept = 0;
};

/// The engine's side of an exchange. Owned by the handler's frame: destroying it before its end
/// cancels the request upstream at once (the connection is closed, not half-closed); destroying it
/// after a clean end gives the connection back to its pool.
class ClientStream {
public:
    ClientStream() = default;
    ClientStream(const ClientStream&) = delete;
    ClientStream& operator=(const ClientStream&) = delete;
    virtual ~ClientStream() = default;

    /// Sends the head and the whole body, which is borrowed until the response's end.
    /// `head.framing` and `head.length` are set here from `body`.
    virtual void send(const RequestHead& head, std::string_view body) = 0;

    /// For bodies that are not buffered: sends the head as it says (`length` or `chunked`), then
    /// pieces of payload. With an Upgrade among the fields a 101 is a response like others, and
    /// what is written after it goes out as it is.
    virtual void send_head(const RequestHead& head) = 0;
    virtual Flow write(Pieces payload) = 0;
    /// Ends the body. `trailers` may be empty, and go out where the protocol is HTTP/2 alone: not
    /// every engine reads those of HTTP/1.1. After a 101 it is a FIN (with TLS a close_notify
    /// before it), and the engine may go on.
    virtual void finish(const Fields& trailers) = 0;
    virtual void when_writable(Waiter* waiter) noexcept = 0;

    /// Everything that was to be sent has been taken by the kernel: what was borrowed is free
    /// again.
    [[nodiscard]] virtual bool request_sent() const noexcept = 0;

    /// Looks for the response's head. `bytes`: it is complete (`response()`). 1xx heads are
    /// skipped.
    [[nodiscard]] virtual ReadState try_head(ErrorCode& error) = 0;
    [[nodiscard]] virtual const ResponseHead& response() const noexcept = 0;

    /// Reads the response's body.
    [[nodiscard]] virtual Received try_read() = 0;
    virtual void when_readable(
        Waiter* waiter) noexcept = 0;  // head and body alike; nullptr: forget it

    /// What its reader touches when it wakes (see `HotLines`).
    virtual void reader_touches(HotLines /*lines*/) noexcept {}

    /// What its connection speaks.
    [[nodiscard]] virtual Version version() const noexcept { return Version::http_1_1; }

    /// Trailers, after `end`.
    [[nodiscard]] virtual const Fields& trailers() const noexcept = 0;

    /// True when nothing of a response has come on a connection that had served before: safe to
    /// send again.
    [[nodiscard]] virtual bool reused() const noexcept = 0;
    /// True when the engine has certainly not worked on it, whatever was sent: it has refused it,
    /// its GOAWAY leaves it out, or nothing went out.
    [[nodiscard]] virtual bool unprocessed() const noexcept { return false; }

    /// True where an own event may follow what `wire` gave so far: not inside a chunk.
    [[nodiscard]] virtual bool at_boundary() const noexcept = 0;
};

/// A request that no handler could serve: its head breaks a rule or a limit, or did not come to its
/// end. Borrowed for the call that tells of it.
struct RefusedRequest {
    std::string_view peer;    // as `ServerStream::peer`
    std::string_view method;  // empty: it did not come so far, or is none
    std::string_view path;    // without its query; the same
    ErrorCode code = ErrorCode::bad_request;
    std::uint64_t bytes_out = 0;
};

/// What a listener serves: the proxy, the admin pages, the simulated engine. One inversion of
/// control, here.
class Handler {
public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;

    /// Serves one exchange. Returns after `finish` or `break_off`. Destroyed while waiting when the
    /// client has gone. Not started response at its end: the connection answers 500 and closes.
    virtual Task<void> handle(ServerStream& stream) = 0;

    /// For counts and logs: the connection has answered such a request, or ends because of it.
    virtual void refused(const RefusedRequest& /*request*/) {}
};

}  // namespace penstock::http
