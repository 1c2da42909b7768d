// What both ends of an HTTP/2 connection do alike: bytes go in, news of streams and bytes come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "connection_credit.h"
#include "flood_guard.h"
#include "frame_scanner.h"
#include "session_setup.h"

namespace penstock::h2 {

/// `Derived` is the session, `Stream` what it knows of an exchange. The derived session makes
/// `session_`, and judges each frame in `begin_frame`: false, and nothing more is read.
template <class Derived, class Stream>
class SessionCore {
public:
    SessionCore(const SessionCore&) = delete;
    SessionCore& operator=(const SessionCore&) = delete;

    /// Takes bytes of the peer in. False: it has nothing more to say that would be heard.
    [[nodiscard]] bool receive(std::string_view bytes, TimePoint now) {
        now_ = now;
        const bool whole = scanner_.walk(
            bytes, [this](std::string_view some) { return feed(some); },
            [this](const FrameHeader& header) {
                return static_cast<Derived&>(*this).begin_frame(header);
            });
        return whole && nghttp2_session_want_read(session_.get()) != 0;
    }
    /// The next bytes for the peer, until the next call; empty: none for now.
    [[nodiscard]] std::string_view next_output() {
        const std::uint8_t* bytes = nullptr;
        const ssize_t length = nghttp2_session_mem_send(session_.get(), &bytes);
        if (length <= 0) return {};
        return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
    }
    /// Streams of which there is news since the last call.
    void take_news(std::vector<Stream*>& into) noexcept {
        into.clear();
        into.swap(news_);
        for (Stream* stream : into) stream->listed = false;
    }
    /// There is more in `stream.out`, or its end.
    void resume(Stream& stream) {
        if (!stream.out.parked()) return;
        stream.out.unpark();
        nghttp2_session_resume_data(session_.get(), stream.id);
    }

    /// Nothing more will be read or written.
    [[nodiscard]] bool over() const noexcept {
        return nghttp2_session_want_read(session_.get()) == 0 &&
               nghttp2_session_want_write(session_.get()) == 0;
    }
    /// So much waits to be sent besides bodies that reading must stop until some of it has gone.
    [[nodiscard]] bool overfull() const noexcept {
        return nghttp2_session_get_outbound_queue_size(session_.get()) > SessionSetup::k_queue_max;
    }
    /// Why the peer was told to go.
    [[nodiscard]] std::optional<telemetry::Http2Refusal> refusal() const noexcept {
        return refusal_;
    }

protected:
    /// `preface`: bytes that come before the first frame. `unread_own`: see `ConnectionCredit`.
    SessionCore(const FloodLimits& limits, std::size_t preface, std::size_t unread_own,
                SpareCredit& spare) noexcept
        : guard_{limits}, scanner_{preface}, credit_{unread_own, spare} {}
    ~SessionCore() = default;

    void note(Stream& stream) {
        if (stream.listed) return;
        stream.listed = true;
        news_.push_back(&stream);
    }
    [[nodiscard]] Stream* find(std::int32_t id) const noexcept {
        return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_.get(), id));
    }
    void give_back(Stream& stream, std::size_t bytes) {
        stream.unread -= bytes;
        const std::size_t back = credit_.released(bytes);
        if (back > 0) nghttp2_session_consume_connection(session_.get(), back);
    }
    /// Ends everything, with a reason that is told and counted.
    void refuse(telemetry::Http2Refusal reason, std::uint32_t code) {
        if (refusal_) return;
        refusal_ = reason;
        nghttp2_session_terminate_session(session_.get(), code);
    }
    void judge(const FloodGuard::Verdict& verdict) {
        if (verdict) refuse(*verdict, NGHTTP2_ENHANCE_YOUR_CALM);
    }
    [[nodiscard]] bool feed(std::string_view bytes) {
        const ssize_t taken = nghttp2_session_mem_recv(
            session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        if (taken < 0) {
            const telemetry::Http2Refusal reason = refusal_of(static_cast<int>(taken));
            const bool broken = reason == telemetry::Http2Refusal::protocol_error;
            refuse(reason, broken ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
        }
        return !refusal_;
    }

    FloodGuard guard_;
    FrameScanner scanner_;
    SessionHandle session_;
    std::vector<Stream*> news_;
    ConnectionCredit credit_;
    TimePoint now_{};
    std::optional<telemetry::Http2Refusal> refusal_;
};

}  // namespace penstock::h2
