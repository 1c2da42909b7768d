#include "server_stream.h"

#include <utility>

#include "penstock/base/assert.h"
#include "penstock/http/reply.h"
#include "penstock/telemetry/metrics.h"
#include "server_connection.h"

namespace penstock::h2 {

namespace {

// For a client that answers no PING to read a response before its request is cut off.
constexpr Millis k_reading{2'000};

}  // namespace

ServerStream::ServerStream(ServerConnection& connection, std::int32_t number,
                           const http::HeadLimits& limits)
    : SessionStream{number, limits},
      connection_{connection},
      read_timer_{connection.loop()},
      write_timer_{connection.loop()} {}

ServerStream::~ServerStream() {
    task_.destroy();
    connection_.spares().keep(*this);
    connection_.loop().forget(read_hook_);
    connection_.loop().forget(over_hook_);
    if (begun_) connection_.exchange_over(bytes_in_, bytes_out_);
}

bool ServerStream::settle() {
    // A client that goes ends the handler's work where it waits, and with it the request upstream.
    if (closed && (done_ || !finished_)) {
        if (broken && !begun_) tell_refused(ErrorCode::bad_request);
        return true;
    }
    if (head_complete && !std::exchange(begun_, true)) begin();
    if (closed && done_) return true;
    const bool heard = input_ended || !input.empty();
    if (reader_ != nullptr && heard) read_ready();
    if (!reset_due) {
        if (out.waiting() == 0) write_timer_.clear();
        if (write_timer_.set() && out.taken() != progress_) watch_progress();
    } else if (!std::exchange(reset_timed_, true)) {
        write_timer_.set(k_reading, stop_hook_);
    }
    if (blocked_ && !out.full()) {
        blocked_ = false;
        if (Waiter* waiter = std::exchange(writer_, nullptr)) waiter->wake();
    }
    watched = blocked_ || write_timer_.set();
    return closed && done_;
}

void ServerStream::begin() {
    started_ = connection_.loop().now();
    continue_due_ = SessionStream::head.expects_continue;
    connection_.exchange_begun();
    if (refusal) return answer_bad_head();
    task_ = run();
    task_.start([](void* stream) { static_cast<ServerStream*>(stream)->ended(); }, this);
}

Task<void> ServerStream::run() {
    bool threw = false;
    try {
        co_await connection_.handler().handle(*this);
    } catch (...) {
        threw = true;  // a bug or no memory: this exchange ends, the others go on
    }
    if (threw || !finished_) answer_unanswered();
}

// Called by the task from its last step, when it may not be destroyed yet.
void ServerStream::ended() {
    done_ = true;
    connection_.spares().keep_head(SessionStream::head);
    if (closed) connection_.loop().wake_soon(over_hook_);
}

void ServerStream::over() {
    connection_.remove(*this);
}

void ServerStream::answer_bad_head() {
    http::RequestHead& head = SessionStream::head;
    if (!builder.has_method()) head.method = http::Method::post;
    http::reply(*this, http::error_head(*refusal, 0),
                http::error_json(*refusal, http::api_shape(head.path())));
    tell_refused(refusal->code());
    connection_.spares().keep_head(head);
    done_ = true;
}

void ServerStream::tell_refused(ErrorCode code) {
    const http::RequestHead& head = SessionStream::head;
    const bool known = builder.has_method();
    connection_.handler().refused({.peer = peer(),
                                   .method = known ? http::name(head.method) : std::string_view{},
                                   .path = head.path(),
                                   .code = code,
                                   .bytes_out = bytes_out_});
}

void ServerStream::answer_unanswered() {
    if (responded_) return break_off({});
    const Error error{ErrorCode::internal};
    http::reply(*this, http::error_head(error, 0),
                http::error_json(error, http::api_shape(SessionStream::head.path())));
}

std::string_view ServerStream::peer() const noexcept {
    return connection_.peer();
}
const http::Encryption* ServerStream::encryption() const noexcept {
    return connection_.encryption();
}

// --- The request's body.

// What was lent has been read: the client may send as much again.
void ServerStream::take_lent() {
    if (lent_.empty()) return;
    connection_.session().consume(*this, lent_.size());
    connection_.want_flush();
    if (lent_.size() == input.size()) {
        connection_.spares().keep_input(input);
    } else {
        input.erase(0, lent_.size());
    }
    lent_ = {};
}

http::Received ServerStream::fail_read(ErrorCode code) noexcept {
    failure_ = code;
    read_failed_ = true;
    return {.state = http::ReadState::failed, .error = code, .wire = {}, .payload = {}};
}

http::Received ServerStream::try_read() {
    if (read_failed_) return fail_read(failure_);
    take_lent();
    if (std::exchange(continue_due_, false) && !responded_ && input.empty() && !input_ended) {
        connection_.session().send_continue(*this);
        connection_.want_flush();
    }
    if (input.empty()) {
        if (input_ended && refusal) return fail_read(refusal->code());  // for its trailers
        if (input_ended) return {.state = http::ReadState::end};
        if (closed) return fail_read(failure());
        return {};
    }
    lent_ = input;
    bytes_in_ += lent_.size();
    return {.state = http::ReadState::bytes, .wire = {}, .payload = {&lent_, 1}};
}

const http::Fields& ServerStream::request_trailers() const noexcept {
    return tail ? tail->fields() : http::ServerStream::request_trailers();
}

void ServerStream::when_readable(Waiter* waiter) noexcept {
    reader_ = waiter;
    connection_.loop().forget(read_hook_);
    if (waiter == nullptr) return read_timer_.clear();
    take_lent();
    if (input_ended || read_failed_ || closed || !input.empty()) {
        connection_.loop().wake_soon(read_hook_);
        return;
    }
    // Once an answer is under way both sides may be silent for as long as it lasts: a gRPC call
    // whose client waits for the next message, say.
    if (responded_ || body_may_pause_) return;
    read_timer_.set(connection_.options().body_idle_timeout, read_timer_hook_);
}

void ServerStream::read_ready() {
    read_timer_.clear();
    connection_.loop().forget(read_hook_);
    if (Waiter* waiter = std::exchange(reader_, nullptr)) waiter->wake();
}

void ServerStream::read_timed_out() {
    static_cast<void>(fail_read(ErrorCode::body_timeout));
    if (Waiter* waiter = std::exchange(reader_, nullptr)) waiter->wake();
}

// --- The response.

void ServerStream::respond(const http::ResponseHead& response) {
    PENSTOCK_ASSERT(!responded_);
    responded_ = true;
    read_timer_.clear();
    has_body_ = !http::has_no_body(SessionStream::head.method, response.status) &&
                response.framing != http::Framing::none;
    if (closed) return;
    bytes_out_ += response.fields.bytes();
    if (has_body_) connection_.spares().lend_output(*this);
    if (connection_.session().respond(*this, response, has_body_)) return;
    write_failed_ = true;  // nghttp2 would keep the head for ever, and the client wait
    failure_ = ErrorCode::internal;
    connection_.session().reset(*this, NGHTTP2_INTERNAL_ERROR);
    connection_.want_flush();
}

http::Flow ServerStream::write(http::Pieces /*wire*/, http::Pieces payload) {
    if (write_failed_ || closed) return http::Flow::failed;
    if (has_body_) {
        out.append(payload);
        for (const std::string_view piece : payload) bytes_out_ += piece.size();
        connection_.session().resume(*this);
    }
    return flush();
}

void ServerStream::add_hot(HotLines& lines) const noexcept {
    lines.add(static_cast<const http::ServerStream*>(this), sizeof(void*));
    lines.add(&id, static_cast<std::size_t>(reinterpret_cast<const char*>(&out) -
                                            reinterpret_cast<const char*>(&id)) +
                       Outgoing::k_hot);
    const auto* begin = reinterpret_cast<const char*>(&writer_);
    lines.add(begin,
              static_cast<std::size_t>(reinterpret_cast<const char*>(&blocked_ + 1) - begin));
}

http::Flow ServerStream::flush() {
    if (write_failed_ || closed) return http::Flow::failed;
    connection_.want_flush();
    if (!out.full()) return http::Flow::open;
    blocked_ = watched = true;
    if (!write_timer_.set()) watch_progress();
    return http::Flow::blocked;
}

void ServerStream::finish(const http::Fields& trailers) {
    finished_ = true;
    if (!has_body_ || write_failed_ || closed) {
        flush();
        return;
    }
    out.end(trailers);
    connection_.session().resume(*this);
    connection_.want_flush();
    if (!write_timer_.set()) watch_progress();  // until the last byte has gone
}

void ServerStream::break_off(std::string_view last_words) {
    finished_ = true;
    if (!responded_ || closed || write_failed_) return;
    reset_by_us = true;
    if (!has_body_) {
        flush();
        return;
    }
    out.append({&last_words, 1});
    out.end_broken();
    connection_.session().resume(*this);
    connection_.want_flush();
    if (!write_timer_.set()) watch_progress();
}

void ServerStream::watch_progress() {
    watched = true;
    progress_ = out.taken();
    write_timer_.set(connection_.options().write_stall_timeout, write_timer_hook_);
}

void ServerStream::stop_input() {
    connection_.session().stop_input(*this);
    connection_.want_flush();
}

// The client opens no window for this stream: it alone ends.
void ServerStream::write_timed_out() {
    connection_.stream_stalled(*this);
    stall();
}

void ServerStream::stall() {
    write_failed_ = true;
    failure_ = ErrorCode::client_write_stall;
    if (Waiter* waiter = std::exchange(writer_, nullptr)) waiter->wake();
}

}  // namespace penstock::h2
