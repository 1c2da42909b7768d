// The server's end of an HTTP/2 connection without its socket: bytes in, news of streams and bytes
// out. nghttp2's callbacks only note what happened; whoever owns the session acts on it afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "connection_credit.h"
#include "flood_guard.h"
#include "header_list.h"
#include "penstock/h2/server.h"
#include "penstock/http/response_rules.h"
#include "penstock/http/server_options.h"
#include "session_setup.h"
#include "session_stream.h"

namespace penstock::h2 {

/// Makes and owns the streams of a session.
class StreamMaker {
public:
    [[nodiscard]] virtual SessionStream& open(std::int32_t id) = 0;

protected:
    ~StreamMaker() = default;
};

class ServerSetup final : public SessionSetup {
public:
    ServerSetup();
};

class ServerSession {
public:
    static constexpr std::size_t k_unread_max = 4 * 1024 * 1024;  // bytes of all bodies
    /// Of a response's head, as `HeaderList::sent_most` counts it: what engines may send with its
    /// overhead, and as much again for fields of ours.
    static constexpr std::size_t k_head_max = 192 * 1024;
    static_assert(k_head_max / 2 >=
                  http::k_response_limits.head + 12 * http::k_response_limits.fields);

    /// References must outlive this.
    ServerSession(const ServerSetup& setup, const ServerLimits& limits, StreamMaker& maker);
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;

    /// Takes bytes of the client in. False: it has nothing more to say that would be heard.
    [[nodiscard]] bool receive(std::string_view bytes, TimePoint now);
    /// The next bytes for the client, until the next call; empty: none for now.
    [[nodiscard]] std::string_view next_output();
    /// Streams of which there is news since the last call. Those closed are the caller's to end.
    void take_news(std::vector<SessionStream*>& into) noexcept;
    /// A stream that is destroyed is no news any more.
    void forget(const SessionStream& stream) noexcept;

    /// False: the head is longer than `k_head_max`, and nothing was sent.
    [[nodiscard]] bool respond(SessionStream& stream, const http::ResponseHead& head,
                               bool has_body);
    void send_continue(SessionStream& stream);
    /// There is more in `stream.out`, or its end.
    void resume(SessionStream& stream);
    /// `bytes` of the body have been read: the client may send as many more.
    void consume(SessionStream& stream, std::size_t bytes);
    void reset(SessionStream& stream, std::uint32_t code);
    /// Its response is whole, and what the client still sends is not needed (RFC 9113 8.1).
    void stop_input(SessionStream& stream) { reset(stream, NGHTTP2_NO_ERROR); }
    /// No more streams, in two steps: a notice, and once the client must have seen it the end.
    void drain();
    /// The second step, at once.
    void go_away();
    /// Ends everything, with a reason that is told and counted.
    void refuse(telemetry::Http2Refusal reason, std::uint32_t code);

    /// Nothing more will be read or written.
    [[nodiscard]] bool over() const noexcept;
    /// So much waits to be sent besides bodies that reading must stop until some of it has gone.
    [[nodiscard]] bool overfull() const noexcept;
    /// A head has begun and is not whole. Also one that nghttp2 ignores, of which it tells nothing.
    [[nodiscard]] bool head_pending() const noexcept { return scanner_.in_head(); }
    /// The client has sent its SETTINGS.
    [[nodiscard]] bool settled() const noexcept { return settled_; }
    [[nodiscard]] std::optional<telemetry::Http2Refusal> refusal() const noexcept {
        return refusal_;
    }

private:
    friend class SessionSetup;
    friend class ServerSetup;

    /// A stream that ended not long ago.
    struct Ended {
        std::int32_t id = 0;
        bool by_us = false;  // frames of it may still be under way
    };
    [[nodiscard]] Ended* find_ended(std::int32_t id) noexcept;

    void note(SessionStream& stream);
    [[nodiscard]] SessionStream* find(std::int32_t id) const noexcept;
    void give_back(SessionStream& stream, std::size_t bytes);
    void stop_input_when_read(SessionStream& stream);
    void answered(const nghttp2_ping& ping);
    void judge(const FloodGuard::Verdict& verdict);
    void judge_closed_stream(const FrameHeader& header);
    [[nodiscard]] bool feed(std::string_view bytes);

    [[nodiscard]] bool begin_frame(const FrameHeader& header);
    void level_priority(std::int32_t id);
    int begin_headers(const nghttp2_frame& frame);
    int header(std::string_view name, std::string_view value);
    int invalid_header(const nghttp2_frame& frame);
    int data(std::int32_t id, std::string_view bytes);
    int frame_received(const nghttp2_frame& frame);
    int frame_sent(const nghttp2_frame& frame);
    int stream_closed(std::int32_t id, std::uint32_t code);

    const ServerLimits& limits_;
    StreamMaker& maker_;
    FloodGuard guard_;
    FrameScanner scanner_{NGHTTP2_CLIENT_MAGIC_LEN};
    SessionHandle session_;
    HeaderList fields_;                 // of the head being sent
    SessionStream* heading_ = nullptr;  // whose head or trailers come in
    std::vector<SessionStream*> news_;
    std::array<Ended, 64> ended_{};
    std::size_t ended_next_ = 0;
    std::int32_t highest_ = 0;  // stream the client has opened
    ConnectionCredit credit_{k_unread_max};
    TimePoint now_{};
    bool settled_ = false;
    bool draining_ = false;
    std::optional<telemetry::Http2Refusal> refusal_;
};

}  // namespace penstock::h2
