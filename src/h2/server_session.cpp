#include "server_session.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

namespace penstock::h2 {

namespace {

using telemetry::Http2Refusal;
using telemetry::Http2StreamError;

constexpr std::int32_t k_any_stream = 0x7FFFFFFF;  // of the notice before the last GOAWAY

FloodLimits flood_limits(const ServerLimits& limits) noexcept {
    return {.resets_burst = limits.resets_burst,
            .resets_per_second = limits.resets_per_second,
            .errors_burst = limits.errors_burst,
            .errors_per_second = limits.errors_per_second,
            .control_burst = limits.control_burst,
            .control_per_second = limits.control_per_second,
            .useless_frames = limits.useless_frames};
}

Http2StreamError reason_of(std::uint32_t code, const SessionStream* stream) noexcept {
    if (code == NGHTTP2_REFUSED_STREAM) return Http2StreamError::too_many_streams;
    if (code == NGHTTP2_FLOW_CONTROL_ERROR) return Http2StreamError::window_overflow;
    const bool in_head = stream == nullptr || !stream->head_complete;
    return in_head ? Http2StreamError::malformed_head : Http2StreamError::malformed_content;
}

}  // namespace

ServerSession::ServerSession(ServerSetup& setup, const ServerLimits& limits, StreamMaker& maker)
    : SessionCore{flood_limits(limits), NGHTTP2_CLIENT_MAGIC_LEN, k_unread_own, setup.spare()},
      maker_{maker} {
    nghttp2_session* made = nullptr;
    if (nghttp2_session_server_new2(&made, setup.callbacks(), this, setup.options_for(limits)) != 0)
        throw std::bad_alloc{};
    session_.reset(made);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
         static_cast<std::uint32_t>(limits.stream_window.count)},
    };
    nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(
        made, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(limits.connection_window.count));
}

void ServerSession::forget(const SessionStream& stream) noexcept {
    if (stream.listed) std::erase(news_, &stream);
    if (heading_ == &stream) heading_ = nullptr;
    if (!stream.closed) nghttp2_session_set_stream_user_data(session_.get(), stream.id, nullptr);
}

bool ServerSession::respond(SessionStream& stream, const http::ResponseHead& head, bool has_body) {
    char status[4];
    const auto status_end = std::to_chars(status, status + sizeof status, head.status).ptr;
    char length[20];
    fields_.clear();
    fields_.add(":status", {status, static_cast<std::size_t>(status_end - status)});
    fields_.add(head.fields);
    if (head.framing == http::Framing::length || head.has_length) {
        const auto end = std::to_chars(length, length + sizeof length, head.length).ptr;
        fields_.add("content-length", {length, static_cast<std::size_t>(end - length)});
    }
    if (fields_.sent_most() > k_head_max) return false;
    const nghttp2_data_provider provider = stream.out.provider();
    return nghttp2_submit_response(session_.get(), stream.id, fields_.data(), fields_.size(),
                                   has_body ? &provider : nullptr) == 0;
}

void ServerSession::send_continue(SessionStream& stream) {
    fields_.clear();
    fields_.add(":status", "100");
    nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id, nullptr, fields_.data(),
                           fields_.size(), nullptr);
}

void ServerSession::consume(SessionStream& stream, std::size_t bytes) {
    if (bytes == 0 || stream.closed) return;
    give_back(stream, bytes);
    nghttp2_session_consume_stream(session_.get(), stream.id, bytes);
}

void ServerSession::reset(SessionStream& stream, std::uint32_t code) {
    stream.reset_by_us = true;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id, code);
}

// A client that meets RST_STREAM beside the response may forget the response (curl does): it comes
// after the answer to a PING, which tells that the response has been met.
void ServerSession::stop_input_when_read(SessionStream& stream) {
    stream.reset_due = true;
    std::array<std::uint8_t, 8> id{};
    std::memcpy(id.data(), &stream.id, sizeof stream.id);
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, id.data());
}

// It names the stream that it was sent for, or none: the notice that the connection drains.
void ServerSession::answered(const nghttp2_ping& ping) {
    std::int32_t id = 0;
    std::memcpy(&id, ping.opaque_data, sizeof id);
    SessionStream* stream = id > 0 ? find(id) : nullptr;
    if (stream != nullptr && stream->reset_due) stop_input(*stream);
    if (id == 0 && draining_) go_away();
}

void ServerSession::drain() {
    if (std::exchange(draining_, true)) return;
    nghttp2_submit_shutdown_notice(session_.get());
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);  // its answer: seen
}

void ServerSession::go_away() {
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

void ServerSession::settings_timed_out() {
    refuse(Http2Refusal::settings_timeout, NGHTTP2_SETTINGS_TIMEOUT);
}

bool ServerSession::begin_frame(const FrameHeader& header) {
    judge(changes_nothing(header) ? guard_.useless() : guard_.frame(header, now_));
    if (header.type == NGHTTP2_HEADERS || header.type == NGHTTP2_DATA) judge_closed_stream(header);
    if (header.type == NGHTTP2_HEADERS) highest_ = std::max(highest_, header.stream);
    // From here on the client knows that the stream has ended.
    if (header.type == NGHTTP2_RST_STREAM) {
        if (Ended* ended = find_ended(header.stream)) ended->by_us = false;
    }
    return !refusal_;
}

// A head that nghttp2 decodes and tells nobody of: on a stream that has ended, or a new one after
// the last GOAWAY. Or the reset of a stream whose answer is whole, which cancels no work: there are
// clients that send one behind every answer.
bool ServerSession::changes_nothing(const FrameHeader& header) const noexcept {
    if (header.type != NGHTTP2_HEADERS && header.type != NGHTTP2_RST_STREAM) return false;
    if (header.stream > highest_) return gone_away_;
    if (nghttp2_session_find_stream(session_.get(), header.stream) == nullptr) return true;
    const SessionStream* stream = find(header.stream);
    return header.type == NGHTTP2_RST_STREAM && stream != nullptr && stream->reset_due;
}

ServerSession::Ended* ServerSession::find_ended(std::int32_t id) noexcept {
    auto* const found = std::find_if(ended_.begin(), ended_.end(),
                                     [id](const Ended& each) { return each.id == id; });
    return found == ended_.end() ? nullptr : found;
}

// RFC 9113 5.1 and 5.1.1: nghttp2 ignores what comes on streams that have ended.
void ServerSession::judge_closed_stream(const FrameHeader& header) {
    const std::int32_t id = header.stream;
    const bool opened_before = id % 2 == 1 && id <= highest_;
    if (!opened_before || nghttp2_session_find_stream(session_.get(), id) != nullptr) return;
    if (const Ended* ended = find_ended(id)) {
        if (!ended->by_us) refuse(Http2Refusal::protocol_error, NGHTTP2_STREAM_CLOSED);
    } else if (header.type == NGHTTP2_HEADERS) {
        refuse(Http2Refusal::protocol_error, NGHTTP2_PROTOCOL_ERROR);
    }
}

int ServerSession::begin_headers(const nghttp2_frame& frame) {
    const std::int32_t id = frame.hd.stream_id;
    if (frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
        heading_ = &maker_.open(id);
        nghttp2_session_set_stream_user_data(session_.get(), id, heading_);
    } else {
        heading_ = find(id);
    }
    return 0;
}

// Every stream gets its share, whatever its client says of it or of others: RFC 9113 5.3 has done
// away with the scheme that nghttp2 would follow. An exclusive stream has taken the others below
// itself. (SETTINGS_NO_RFC7540_PRIORITIES would make nghttp2 deaf to a stream that depends on
// itself, too, which h2spec wants refused.)
void ServerSession::level_priority(std::int32_t id) {
    nghttp2_stream* stream = nghttp2_session_find_stream(session_.get(), id);
    if (stream == nullptr) return;
    nghttp2_priority_spec even;
    nghttp2_priority_spec_default_init(&even);
    const auto level = [&](std::int32_t each) {
        return nghttp2_session_change_stream_priority(session_.get(), each, &even) == 0;
    };
    while (nghttp2_stream* below = nghttp2_stream_get_first_child(stream)) {
        if (!level(nghttp2_stream_get_stream_id(below))) break;
    }
    level(id);
}

int ServerSession::header(std::string_view name, std::string_view value) {
    SessionStream* stream = heading_;
    if (stream == nullptr) return 0;
    if (stream->head_complete) {
        if (!stream->tail) stream->tail = std::make_unique<Trailers>(ErrorCode::bad_request);
        stream->tail->add(name, value);
        if (!stream->tail->is_flood()) return 0;
    } else {
        stream->builder.add(name, value, stream->head);
        if (!stream->builder.is_flood()) return 0;
    }
    refuse(Http2Refusal::header_list_too_large, NGHTTP2_ENHANCE_YOUR_CALM);
    return 0;
}

// nghttp2 would drop the field and let the request pass.
int ServerSession::invalid_header(const nghttp2_frame& frame) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                              NGHTTP2_PROTOCOL_ERROR);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int ServerSession::data(std::int32_t id, std::string_view bytes) {
    guard_.payload(bytes.size());
    SessionStream* stream = find(id);
    if (stream == nullptr || refusal_) {
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

int ServerSession::frame_received(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_SETTINGS)
        ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 ? acknowledged_ : settled_) = true;
    if (frame.hd.type == NGHTTP2_PRIORITY ||
        (frame.hd.type == NGHTTP2_HEADERS && (frame.hd.flags & NGHTTP2_FLAG_PRIORITY) != 0)) {
        level_priority(frame.hd.stream_id);
    }
    if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0)
        answered(frame.ping);
    if (frame.hd.type == NGHTTP2_RST_STREAM) {  // the same, where ours is still under way
        if (SessionStream* stream = find(frame.hd.stream_id)) stream->reset_by_us = false;
    }
    if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
    SessionStream* stream = find(frame.hd.stream_id);
    if (stream == nullptr) return 0;
    const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame.hd.type == NGHTTP2_HEADERS) list_received(*stream, ends);
    if (ends) stream->input_ended = true;
    note(*stream);
    return 0;
}

void ServerSession::list_received(SessionStream& stream, bool ends) {
    Result<void> verdict;
    if (!std::exchange(stream.head_complete, true)) {
        verdict = stream.builder.finish(!ends, stream.head);
    } else if (stream.tail) {
        verdict = stream.tail->finish();
    }
    if (!verdict && !stream.refusal) stream.refusal = verdict.error();
}

int ServerSession::frame_sent(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR &&
        !refusal_) {
        refusal_ = Http2Refusal::protocol_error;  // nghttp2 has judged by itself
    }
    if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.last_stream_id != k_any_stream)
        gone_away_ = true;
    if (is_question(frame)) guard_.ping_sent();
    SessionStream* stream = find(frame.hd.stream_id);
    if (frame.hd.type == NGHTTP2_RST_STREAM) {
        reset_sent(stream, frame.rst_stream.error_code);
        return 0;
    }
    if (frame.hd.type == NGHTTP2_DATA) guard_.data_sent();
    if (stream == nullptr) return 0;
    const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame.hd.type == NGHTTP2_DATA && !ends && !stream->watched) return 0;
    if (ends && !stream->input_ended) stop_input_when_read(*stream);
    note(*stream);
    return 0;
}

// Most often nghttp2 has judged by itself.
void ServerSession::reset_sent(SessionStream* stream, std::uint32_t code) {
    const bool own = stream != nullptr && stream->reset_by_us;
    if (stream != nullptr) stream->reset_by_us = true;
    if (own || code == NGHTTP2_NO_ERROR || code == NGHTTP2_CANCEL) return;
    maker_.was_reset(reason_of(code, stream));
    if (code == NGHTTP2_REFUSED_STREAM) return judge(guard_.stream_refused(now_));
    if (stream != nullptr) stream->broken = true;
    judge(guard_.stream_error(now_));
}

int ServerSession::stream_closed(std::int32_t id, std::uint32_t code) {
    SessionStream* stream = find(id);
    ended_[ended_next_] = {id, stream == nullptr || stream->reset_by_us};
    ended_next_ = (ended_next_ + 1) % ended_.size();
    if (stream == nullptr) return 0;
    stream->closed = true;
    stream->close_code = code;
    give_back(*stream, stream->unread);
    note(*stream);
    return 0;
}

}  // namespace penstock::h2
