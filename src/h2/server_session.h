// The server's end of an HTTP/2 connection without its socket: bytes in, news of streams and bytes
// out. nghttp2's callbacks only note what happened; whoever owns the session acts on it afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "header_list.h"
#include "penstock/h2/server.h"
#include "penstock/http/response_rules.h"
#include "penstock/http/server_options.h"
#include "session_core.h"
#include "session_stream.h"

namespace penstock::h2 {

/// Makes and owns the streams of a session.
class StreamMaker {
public:
    [[nodiscard]] virtual SessionStream& open(std::int32_t id) = 0;
    /// A stream was reset because of what its client did.
    virtual void was_reset(telemetry::Http2StreamError reason) noexcept = 0;

protected:
    ~StreamMaker() = default;
};

class ServerSetup final : public SessionSetup {
public:
    ServerSetup();
    /// For a session with these limits: its guard judges before nghttp2 does, and in better words.
    [[nodiscard]] const nghttp2_option* options_for(const ServerLimits& limits) noexcept;
};

/// Of the streams that there is news of those closed are the caller's to end.
class ServerSession final : public SessionCore<ServerSession, SessionStream> {
public:
    /// Bytes of all bodies that may lie unread before the connection's window closes for streams
    /// that are read, too; and what a worker's connections may share beyond it: two connections
    /// with all streams stuck, by default.
    static constexpr std::size_t k_unread_own = 4 * 1024 * 1024;
    static constexpr std::size_t k_unread_shared = 64 * 1024 * 1024;
    /// Of a response's head, as `HeaderList::sent_most` counts it: what engines may send with its
    /// overhead, and as much again for fields of ours.
    static constexpr std::size_t k_head_max = 192 * 1024;
    static_assert(k_head_max / 2 >=
                  http::k_response_limits.head + 12 * http::k_response_limits.fields);

    /// References must outlive this.
    ServerSession(ServerSetup& setup, const ServerLimits& limits, StreamMaker& maker);
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;

    /// A stream that is destroyed is no news any more.
    void forget(const SessionStream& stream) noexcept;

    /// False: the head is longer than `k_head_max`, and nothing was sent.
    [[nodiscard]] bool respond(SessionStream& stream, const http::ResponseHead& head,
                               bool has_body);
    void send_continue(SessionStream& stream);
    /// `bytes` of the body have been read: the client may send as many more.
    void consume(SessionStream& stream, std::size_t bytes);
    void reset(SessionStream& stream, std::uint32_t code);
    /// Its response is whole, and what the client still sends is not needed (RFC 9113 8.1).
    void stop_input(SessionStream& stream) { reset(stream, NGHTTP2_NO_ERROR); }
    /// No more streams, in two steps: a notice, and once the client must have seen it the end.
    void drain();
    /// The second step, at once.
    void go_away();
    /// The client has had long enough to acknowledge our SETTINGS (RFC 9113 6.5.3).
    void settings_timed_out();

    /// A head has begun and is not whole. Also one that nghttp2 ignores, of which it tells nothing.
    [[nodiscard]] bool head_pending() const noexcept { return scanner_.in_head(); }
    /// The client has sent its SETTINGS.
    [[nodiscard]] bool settled() const noexcept { return settled_; }
    /// It has acknowledged ours: until then it need not heed our limits.
    [[nodiscard]] bool acknowledged() const noexcept { return acknowledged_; }

private:
    friend class SessionSetup;
    friend class SessionCore<ServerSession, SessionStream>;
    friend class ServerSetup;

    /// A stream that ended not long ago.
    struct Ended {
        std::int32_t id = 0;
        bool by_us = false;  // frames of it may still be under way
    };
    [[nodiscard]] Ended* find_ended(std::int32_t id) noexcept;

    void stop_input_when_read(SessionStream& stream);
    void answered(const nghttp2_ping& ping);
    void judge_closed_stream(const FrameHeader& header);

    [[nodiscard]] bool begin_frame(const FrameHeader& header);
    void level_priority(std::int32_t id);
    [[nodiscard]] bool changes_nothing(const FrameHeader& header) const noexcept;
    int begin_headers(const nghttp2_frame& frame);
    int header(std::string_view name, std::string_view value);
    int invalid_header(const nghttp2_frame& frame);
    int data(std::int32_t id, std::string_view bytes);
    int frame_received(const nghttp2_frame& frame);
    void list_received(SessionStream& stream, bool ends);
    int frame_sent(const nghttp2_frame& frame);
    void reset_sent(SessionStream* stream, std::uint32_t code);
    int stream_closed(std::int32_t id, std::uint32_t code);

    StreamMaker& maker_;
    HeaderList fields_;                 // of the head being sent
    SessionStream* heading_ = nullptr;  // whose head or trailers come in
    std::array<Ended, 64> ended_{};
    std::size_t ended_next_ = 0;
    std::int32_t highest_ = 0;  // stream the client has opened
    bool settled_ = false;
    bool acknowledged_ = false;
    bool draining_ = false;
    bool gone_away_ = false;  // a GOAWAY that leaves out new streams has been sent
};

}  // namespace penstock::h2
