// Our end of an HTTP/2 connection to an engine without its socket: bytes in, news of streams and
// bytes out. nghttp2's callbacks only note what happened; whoever owns the session acts on it
// afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outgoing.h"
#include "penstock/base/error.h"
#include "penstock/http/head.h"
#include "response_builder.h"
#include "session_core.h"
#include "trailers.h"

namespace penstock::h2 {

/// One exchange as the session knows it: what its frames said, what it has to send.
struct ClientSessionStream {
    ClientSessionStream() = default;
    ClientSessionStream(const ClientSessionStream&) = delete;
    ClientSessionStream& operator=(const ClientSessionStream&) = delete;

    std::int32_t id = 0;  // 0: not submitted
    http::Method method = http::Method::get;
    bool listed = false;  // among the session's news
    bool head_complete = false;
    bool input_ended = false;  // the engine has sent all
    bool closed = false;       // nghttp2 knows it no more
    bool unheard = false;      // the engine has not worked on it: it may be sent again
    bool sent = false;         // its head may have left
    bool heard = false;        // a frame of the response has come
    std::uint8_t interim_heads = 0;
    std::optional<Error> refusal;  // the response breaks a rule

    ResponseBuilder builder;
    http::ResponseHead head;
    Trailers tail{ErrorCode::upstream_bad_response};
    std::string input;       // of the body, received and not read yet
    std::size_t unread = 0;  // of it, what flow control still counts
    Outgoing out;

protected:
    ~ClientSessionStream() = default;
};

class ClientSetup final : public SessionSetup {
public:
    ClientSetup();
};

class ClientSession final : public SessionCore<ClientSession, ClientSessionStream> {
public:
    /// Of a response's body, sent and not yet read. A slow client holds back so much.
    static constexpr std::uint32_t k_stream_window = 128 * 1024;
    /// Of all streams together. What their own windows let lie unread does not count against it: a
    /// stream that nobody reads holds back no other, however many they are.
    static constexpr std::int32_t k_connection_window = 1024 * 1024;
    /// Of a request's head, as it may be before it is encoded.
    static constexpr std::size_t k_head_sent_max = 128 * 1024;
    static constexpr std::uint32_t k_control_burst = 500;   // SETTINGS and PING
    static constexpr std::uint8_t k_interim_heads_max = 8;  // 1xx heads before the response

    /// `scheme`: "http" or "https", for all requests. Both must outlive this. `streams`: at a time,
    /// at most.
    ClientSession(ClientSetup& setup, std::string_view scheme, std::uint32_t streams);
    ClientSession(const ClientSession&) = delete;
    ClientSession& operator=(const ClientSession&) = delete;

    /// Opens a stream. Errors: head_too_large (`k_head_sent_max`); upstream_reused_closed, there
    /// are no more numbers for it, or no memory.
    [[nodiscard]] Result<void> submit(ClientSessionStream& stream, const http::RequestHead& head,
                                      bool has_body);
    /// `bytes` of the body have been read: the engine may send as many more.
    void consume(ClientSessionStream& stream, std::size_t bytes);
    /// The stream is not wanted any more, and will be destroyed: RST_STREAM where it has not ended.
    void cancel(ClientSessionStream& stream);
    /// It is destroyed, and is no news any more.
    void forget(ClientSessionStream& stream) noexcept;
    /// A last word for the engine: no more streams come.
    void go_away();
    /// Asks the engine for an answer.
    void ping();

    /// Its SETTINGS have come, with which every engine begins.
    [[nodiscard]] bool greeted() const noexcept { return greeted_; }
    /// The engine takes new streams.
    [[nodiscard]] bool open() const noexcept;
    /// Streams that it takes at a time. What it says before it has greeted is a guess of nghttp2's.
    [[nodiscard]] std::uint32_t streams_max() const noexcept;

private:
    friend class SessionSetup;
    friend class SessionCore<ClientSession, ClientSessionStream>;
    friend class ClientSetup;

    using SessionCore::refuse;
    void refuse(ClientSessionStream& stream, const Error& why);
    [[nodiscard]] bool begin_frame(const FrameHeader& header);

    int header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
    int invalid_header(const nghttp2_frame& frame);
    int data(std::int32_t id, std::string_view bytes);
    int frame_received(const nghttp2_frame& frame);
    void list_received(ClientSessionStream& stream, bool ends);
    int frame_sent(const nghttp2_frame& frame);
    int frame_not_sent(const nghttp2_frame& frame, int why);
    int stream_closed(std::int32_t id, std::uint32_t code);
    [[nodiscard]] ssize_t body_of(std::int32_t id, std::uint8_t* into, std::size_t most,
                                  std::uint32_t* flags);

    std::string_view scheme_;
    bool greeted_ = false;
    std::size_t late_ = 0;  // bytes of DATA that may come for streams that we have reset
    bool closing_ = false;  // no more streams: a GOAWAY was sent or has come
};

}  // namespace penstock::h2
