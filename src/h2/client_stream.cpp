#include "client_stream.h"

#include <utility>

#include "client_connection.h"

namespace penstock::h2 {

namespace {

// Events of a stream are small: their buffer is kept, that of a big piece is not.
constexpr std::size_t k_input_kept = 4 * 1024;

}  // namespace

ClientStream::ClientStream(ClientConnection::Impl& connection)
    : connection_{&connection}, loop_{connection.loop()}, spare_head_{connection.shared().head} {
    head.swap(spare_head_);
    head.clear();
}

ClientStream::~ClientStream() {
    loop_.forget(read_hook_);
    loop_.forget(write_hook_);
    if (connection_ != nullptr) connection_->remove(*this);
    head.swap(spare_head_);
}

void ClientStream::send(const http::RequestHead& request, std::string_view body) {
    out.lend(body);
    out.end({});
    const bool counted = request.framing == http::Framing::length && request.length == body.size();
    if (counted || (body.empty() && request.framing == http::Framing::none)) {
        return submit(request, !body.empty());
    }
    http::RequestHead fitting = request;
    fitting.framing = body.empty() ? http::Framing::none : http::Framing::length;
    fitting.length = body.size();
    submit(fitting, !body.empty());
}

void ClientStream::send_head(const http::RequestHead& request) {
    submit(request, request.framing != http::Framing::none);  // trailers may follow no bytes
}

void ClientStream::submit(const http::RequestHead& request, bool has_body) {
    has_body_ = has_body;
    if (connection_ == nullptr) return;
    const Result<void> submitted = connection_->session().submit(*this, request, has_body);
    failed_ = !submitted.has_value();
    // Another connection would not take it either.
    if (failed_ && submitted.error().code() == ErrorCode::head_too_large)
        refusal = submitted.error();
    connection_->want_flush();
}

http::Flow ClientStream::write(http::Pieces payload) {
    if (gone() || failed_) return http::Flow::failed;
    if (!has_body_) return http::Flow::open;
    out.append(payload);
    connection_->session().resume(*this);
    connection_->want_flush();
    return out.full() ? http::Flow::blocked : http::Flow::open;
}

void ClientStream::finish(const http::Fields& trailers) {
    if (gone() || failed_ || !has_body_ || out.ended()) return;
    out.end(trailers);
    connection_->session().resume(*this);
    connection_->want_flush();
}

void ClientStream::when_writable(Waiter* waiter) noexcept {
    writer_ = waiter;
    loop_.forget(write_hook_);
    if (waiter != nullptr && writable()) loop_.wake_soon(write_hook_);
}

// What frames have taken is a copy of nghttp2's.
bool ClientStream::request_sent() const noexcept {
    return gone() || !has_body_ || (out.ended() && out.waiting() == 0);
}

bool ClientStream::lost() const noexcept {
    return failed_ || connection_ == nullptr;
}

bool ClientStream::reused() const noexcept {
    return unprocessed() || (!heard && lost() && stale_);
}

bool ClientStream::unprocessed() const noexcept {
    return !heard && (unheard || (lost() && !sent));
}

ErrorCode ClientStream::why_gone() const noexcept {
    if (refusal) return refusal->code();
    if (lost_by_ != ErrorCode::upstream_closed) return lost_by_;
    return reused() ? ErrorCode::upstream_reused_closed : ErrorCode::upstream_closed;
}

http::ReadState ClientStream::try_head(ErrorCode& error) {
    if (head_complete && !refusal) {
        have_head_ = true;
        return http::ReadState::bytes;
    }
    if (!failed_ && !gone() && !refusal) return http::ReadState::would_block;
    error = why_gone();
    return http::ReadState::failed;
}

// What was lent has been read: the engine may send as much again.
void ClientStream::take_lent() {
    const std::size_t lent = std::exchange(lent_, 0);
    if (lent == 0) return;
    if (lent < input.size()) {
        input.erase(0, lent);
    } else if (input.capacity() > k_input_kept) {
        std::string{}.swap(input);
    } else {
        input.clear();
    }
    if (connection_ == nullptr || closed) return;
    connection_->session().consume(*this, lent);
    connection_->want_flush();
}

http::Received ClientStream::try_read() {
    take_lent();
    if (!input.empty()) {
        lent_ = input.size();
        lent_piece_ = input;
        return {.state = http::ReadState::bytes, .wire = {}, .payload = {&lent_piece_, 1}};
    }
    if (refusal || (gone() && !input_ended)) {
        return {.state = http::ReadState::failed,
                .error = refusal ? refusal->code() : ErrorCode::upstream_closed,
                .wire = {},
                .payload = {}};
    }
    if (input_ended) return {.state = http::ReadState::end};
    return {};
}

bool ClientStream::readable() const noexcept {
    if (refusal || failed_ || gone()) return true;
    return have_head_ ? input_ended || !input.empty() : head_complete;
}

void ClientStream::when_readable(Waiter* waiter) noexcept {
    reader_ = waiter;
    loop_.forget(read_hook_);
    if (waiter == nullptr) return;
    take_lent();
    if (readable()) loop_.wake_soon(read_hook_);
}

void ClientStream::wake_writer() noexcept {
    if (writer_ == nullptr || !writable()) return;
    loop_.forget(write_hook_);
    std::exchange(writer_, nullptr)->wake();
}

void ClientStream::wake_reader() noexcept {
    if (reader_ == nullptr || !readable()) return;
    loop_.forget(read_hook_);
    std::exchange(reader_, nullptr)->wake();
}

// In the next turn: nobody is woken while the connection is being taken apart.
void ClientStream::connection_lost(ErrorCode why, bool stale) noexcept {
    connection_ = nullptr;
    lost_by_ = why;
    stale_ = stale;
    loop_.forget(read_hook_);
    loop_.forget(write_hook_);
    if (reader_ != nullptr) loop_.wake_soon(read_hook_);
    if (writer_ != nullptr) loop_.wake_soon(write_hook_);
}

}  // namespace penstock::h2
