#include "client_session.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <new>

#include "header_list.h"

namespace penstock::h2 {

namespace {

constexpr std::int32_t k_last_stream = 1U << 30U;  // of the numbers there are, the half

// Engines are few and trusted more than clients, but a broken one must not keep a worker busy.
// Resets and malformed responses have no bound here: each of them costs a request of ours.
constexpr std::uint32_t k_unbounded = std::numeric_limits<std::uint32_t>::max();
constexpr FloodLimits k_limits{.resets_burst = k_unbounded,
                               .resets_per_second = k_unbounded,
                               .errors_burst = k_unbounded,
                               .errors_per_second = k_unbounded,
                               .control_burst = ClientSession::k_control_burst,
                               .control_per_second = 100,
                               .useless_frames = 1'000};

// Of DATA that may come late for streams we have reset: what 128 windows had let through.
constexpr std::size_t k_late_max = std::size_t{128} * ClientSession::k_stream_window;

Error bad(const char* what) {
    return Error{ErrorCode::upstream_bad_response, what};
}

}  // namespace

ClientSession::ClientSession(ClientSetup& setup, std::string_view scheme, std::uint32_t streams)
    : SessionCore{k_limits, 0, std::size_t{streams} * k_stream_window, setup.spare()},
      scheme_{scheme} {
    nghttp2_session* made = nullptr;
    if (nghttp2_session_client_new2(&made, setup.callbacks(), this, setup.options()) != 0)
        throw std::bad_alloc{};
    session_.reset(made);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, k_stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
         static_cast<std::uint32_t>(http::k_response_limits.head)},
    };
    nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, k_connection_window);
}

// What comes late for a stream that we have cancelled is not useful, but natural: of DATA as much
// as the stream's window had let through, and the other frames count as those that carry nothing.
bool ClientSession::begin_frame(const FrameHeader& header) {
    const bool live = nghttp2_session_find_stream(session_.get(), header.stream) != nullptr;
    const bool of_stream = header.type == NGHTTP2_HEADERS || header.type == NGHTTP2_DATA ||
                           header.type == NGHTTP2_RST_STREAM;
    FloodGuard::Verdict verdict;
    if (live || !of_stream) {
        verdict = guard_.frame(header, now_);
    } else if (header.type != NGHTTP2_DATA || header.length == 0 || header.length > late_) {
        verdict = guard_.useless();
    } else {
        late_ -= header.length;
    }
    judge(verdict);
    return !refusal_;
}

Result<void> ClientSession::submit(ClientSessionStream& stream, const http::RequestHead& head,
                                   bool has_body) {
    char length[20];
    HeaderList list;
    list.add(":method", http::name(head.method));
    list.add(":scheme", scheme_);
    list.add(":authority", head.authority);
    list.add(":path", head.target);
    list.add(head.fields);
    if (head.framing == http::Framing::length) {
        const auto end = std::to_chars(length, length + sizeof length, head.length).ptr;
        list.add("content-length", {length, static_cast<std::size_t>(end - length)});
    }
    if (list.sent_most() > k_head_sent_max) {
        return Error{ErrorCode::head_too_large, "the head is too large for HTTP/2 to the backend"};
    }
    // Found by number when it is read: a stream that was destroyed has no body.
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* into,
                                std::size_t most, std::uint32_t* flags, nghttp2_data_source* source,
                                void*) {
        return static_cast<ClientSession*>(source->ptr)->body_of(id, into, most, flags);
    };
    stream.method = head.method;
    const std::int32_t id = nghttp2_submit_request(
        session_.get(), nullptr, list.data(), list.size(), has_body ? &provider : nullptr, &stream);
    if (id < 0) return Error{ErrorCode::upstream_reused_closed};
    stream.id = id;
    return {};
}

ssize_t ClientSession::body_of(std::int32_t id, std::uint8_t* into, std::size_t most,
                               std::uint32_t* flags) {
    ClientSessionStream* stream = find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return stream->out.read(session_.get(), id, into, most, flags);
}

void ClientSession::consume(ClientSessionStream& stream, std::size_t bytes) {
    if (bytes == 0 || stream.closed) return;
    give_back(stream, bytes);
    // Nothing more comes on a stream whose input has ended.
    if (!stream.input_ended) nghttp2_session_consume_stream(session_.get(), stream.id, bytes);
}

void ClientSession::cancel(ClientSessionStream& stream) {
    if (stream.id != 0 && !stream.closed) {
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
    }
    forget(stream);
}

void ClientSession::forget(ClientSessionStream& stream) noexcept {
    if (stream.listed) std::erase(news_, &stream);
    if (stream.id == 0 || stream.closed) return;
    give_back(stream, stream.unread);
    nghttp2_session_set_stream_user_data(session_.get(), stream.id, nullptr);
}

void ClientSession::go_away() {
    closing_ = true;
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0);
}

void ClientSession::ping() {
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

bool ClientSession::open() const noexcept {
    return !closing_ && nghttp2_session_check_request_allowed(session_.get()) != 0 &&
           static_cast<std::int32_t>(nghttp2_session_get_next_stream_id(session_.get())) <
               k_last_stream;
}

std::uint32_t ClientSession::streams_max() const noexcept {
    return nghttp2_session_get_remote_settings(session_.get(),
                                               NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

void ClientSession::refuse(ClientSessionStream& stream, const Error& why) {
    if (stream.refusal) return;
    stream.refusal = why;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_PROTOCOL_ERROR);
    note(stream);
}

int ClientSession::header(const nghttp2_frame& frame, std::string_view name,
                          std::string_view value) {
    ClientSessionStream* stream = find(frame.hd.stream_id);
    if (stream == nullptr) return 0;
    if (stream->head_complete) {
        stream->tail.add(name, value);
    } else {
        stream->builder.add(name, value, stream->head);
    }
    if (stream->builder.is_flood() || stream->tail.is_flood())
        refuse(telemetry::Http2Refusal::header_list_too_large, NGHTTP2_ENHANCE_YOUR_CALM);
    return 0;
}

// nghttp2 would drop the field and let the response pass.
int ClientSession::invalid_header(const nghttp2_frame& frame) {
    if (ClientSessionStream* stream = find(frame.hd.stream_id))
        refuse(*stream, bad("a field of the response is malformed"));
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int ClientSession::data(std::int32_t id, std::string_view bytes) {
    guard_.payload(bytes.size());
    ClientSessionStream* stream = find(id);
    if (stream == nullptr || stream->refusal) {
        nghttp2_session_consume(session_.get(), id, bytes.size());
        return 0;
    }
    stream->input.append(bytes);
    stream->unread += bytes.size();
    const std::size_t back = credit_.received(bytes.size());
    if (back > 0) nghttp2_session_consume_connection(session_.get(), back);
    note(*stream);
    return 0;
}

int ClientSession::frame_received(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_GOAWAY) closing_ = true;
    if (frame.hd.type == NGHTTP2_SETTINGS) greeted_ = true;
    if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
    ClientSessionStream* stream = find(frame.hd.stream_id);
    if (stream == nullptr || stream->refusal) return 0;
    stream->heard = true;
    const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame.hd.type == NGHTTP2_HEADERS) {
        list_received(*stream, ends);
        if (stream->refusal) return 0;
    }
    if (ends) stream->input_ended = true;
    note(*stream);
    return 0;
}

void ClientSession::list_received(ClientSessionStream& stream, bool ends) {
    if (stream.head_complete) {
        if (const Result<void> trailers = stream.tail.finish(); !trailers)
            refuse(stream, trailers.error());
        return;
    }
    const Result<void> head = stream.builder.finish(stream.method, ends, stream.head);
    if (!head) return refuse(stream, head.error());
    stream.builder.restart();
    if (stream.head.status >= 200) {
        stream.head_complete = true;
        return;
    }
    stream.head.clear();
    if (++stream.interim_heads > k_interim_heads_max)
        refuse(stream, bad("too many interim responses"));
}

int ClientSession::frame_sent(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR &&
        !refusal_) {
        refusal_ = telemetry::Http2Refusal::protocol_error;  // nghttp2 has judged by itself
    }
    // What a request may be answered with, also when nobody waits for it any more.
    if (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) guard_.data_sent();
    if (is_question(frame)) guard_.ping_sent();
    if (frame.hd.type == NGHTTP2_RST_STREAM)
        late_ = std::min(late_ + std::size_t{k_stream_window}, k_late_max);
    ClientSessionStream* stream = find(frame.hd.stream_id);
    if (stream == nullptr) return 0;
    stream->sent = true;
    // nghttp2 has judged by itself: a body of another length than announced, say.
    const bool fault =
        frame.hd.type == NGHTTP2_RST_STREAM && frame.rst_stream.error_code != NGHTTP2_CANCEL;
    if (fault && !stream->refusal && !stream->closed)
        stream->refusal = bad("the response's frames are malformed");
    note(*stream);
    return 0;
}

// It was written before the engine's GOAWAY came, and has not left since.
int ClientSession::frame_not_sent(const nghttp2_frame& frame, int why) {
    if (frame.hd.type != NGHTTP2_HEADERS || why != NGHTTP2_ERR_START_STREAM_NOT_ALLOWED) return 0;
    if (ClientSessionStream* stream = find(frame.hd.stream_id)) stream->unheard = true;
    return 0;
}

int ClientSession::stream_closed(std::int32_t id, std::uint32_t code) {
    ClientSessionStream* stream = find(id);
    if (stream == nullptr) return 0;
    give_back(*stream, stream->unread);
    stream->closed = true;
    // REFUSED_STREAM, or beyond the last stream of a GOAWAY (RFC 9113 8.7).
    if (code == NGHTTP2_REFUSED_STREAM && !stream->heard) stream->unheard = true;
    note(*stream);
    return 0;
}

}  // namespace penstock::h2
