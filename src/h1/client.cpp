#include "penstock/h1/client.h"

#include <utility>

#include "penstock/h1/writer.h"
#include "penstock/net/loop.h"

namespace penstock::h1 {

namespace {

constexpr std::size_t k_interim_heads_max = 8;  // 1xx heads before the response

http::Received failure(ErrorCode code) noexcept {
    return {.state = http::ReadState::failed, .error = code, .wire = {}, .payload = {}};
}

// A head whose lines end otherwise would never be found whole.
bool has_bare_line_feed(std::string_view head) noexcept {
    for (std::size_t at = head.find('\n'); at != std::string_view::npos;
         at = head.find('\n', at + 1)) {
        if (at == 0 || head[at - 1] != '\r') return true;
    }
    return false;
}

}  // namespace

ClientExchange::ClientExchange(std::unique_ptr<ClientConnection> connection,
                               ConnectionKeeper& keeper, ClientScratch& scratch)
    : connection_{std::move(connection)}, scratch_{scratch}, keeper_{keeper} {
    connection_->begin();
    response_.swap(scratch_.head);
    response_.clear();
}

ClientExchange::~ClientExchange() {
    when_readable(nullptr);
    connection_->transport().reader_touches({});
    connection_->transport().when_writable(nullptr);
    const bool fit = fit_to_keep();
    response_.swap(scratch_.head);
    if (fit) {
        keeper_.keep(std::move(connection_));
    } else {
        connection_.reset();
        keeper_.dropped();
    }
}

bool ClientExchange::fit_to_keep() const noexcept {
    return have_head_ && body_.done() && !failed_ && request_sent() && !write_failed_ &&
           response_.keep_alive && response_.framing != http::Framing::until_close &&
           unread().empty();
}

void ClientExchange::send(const http::RequestHead& head, std::string_view body) {
    method_ = head.method;
    out_.swap(scratch_.out);
    const bool counted = head.framing == http::Framing::length && head.length == body.size();
    if (counted || (body.empty() && head.framing == http::Framing::none)) {
        write_request(head, out_);
    } else {
        http::RequestHead fitting = head;
        fitting.framing = body.empty() ? http::Framing::none : http::Framing::length;
        fitting.length = body.size();
        write_request(fitting, out_);
    }
    body_left_ = body;
    sent_all_ = true;
    push();
}

void ClientExchange::send_head(const http::RequestHead& head) {
    method_ = head.method;
    chunked_request_ = head.framing == http::Framing::chunked;
    upgrading_ = head.fields.has(http::FieldName::upgrade);
    write_request(head, out_);
    push();
}

http::Flow ClientExchange::write(http::Pieces payload) {
    if (write_failed_) return http::Flow::failed;
    std::size_t length = 0;
    for (const std::string_view piece : payload) length += piece.size();
    if (length == 0) return blocked_ ? http::Flow::blocked : http::Flow::open;
    if (chunked_request_) {
        constexpr std::string_view k_digits = "0123456789abcdef";
        char line[16];
        std::size_t at = sizeof line;
        for (std::size_t rest = length; rest > 0; rest >>= 4U) line[--at] = k_digits[rest & 15U];
        out_.append(line + at, sizeof line - at).append("\r\n");
    }
    for (const std::string_view piece : payload) out_.append(piece);
    if (chunked_request_) out_.append("\r\n");
    return push();
}

void ClientExchange::finish(const http::Fields& /*trailers*/) {
    if (chunked_request_ && !write_failed_) out_.append("0\r\n\r\n");
    sent_all_ = true;
    push();
}

// Writes what the kernel takes of head and body. An error here is not told at once: the engine may
// have answered before it closed (a 413, say), and that answer is worth more.
http::Flow ClientExchange::push() {
    if (write_failed_) return http::Flow::failed;
    if (blocked_) return http::Flow::blocked;
    const std::string_view pieces[] = {out_, body_left_};
    const std::ptrdiff_t taken = connection_->transport().try_write(pieces);
    if (taken < 0) {
        write_failed_ = true;
        std::string{}.swap(out_);  // nobody will take it; the borrowed body stays so until the end
        return http::Flow::failed;
    }
    const std::size_t of_head = std::min(static_cast<std::size_t>(taken), out_.size());
    body_left_.remove_prefix(static_cast<std::size_t>(taken) - of_head);
    if (of_head == out_.size()) {
        out_.clear();
        if (sent_all_) give_back_out();  // a long stream needs it no more
    } else {
        out_.erase(0, of_head);
    }
    if (out_.empty() && body_left_.empty()) return http::Flow::open;
    blocked_ = true;
    connection_->transport().when_writable(&write_hook_);
    return http::Flow::blocked;
}

void ClientExchange::give_back_out() noexcept {
    if (scratch_.out.capacity() < out_.capacity()) scratch_.out.swap(out_);
    std::string{}.swap(out_);  // an assignment would keep the memory
}

void ClientExchange::write_ready() {
    blocked_ = false;
    if (push() == http::Flow::blocked) return;
    if (Waiter* waiter = std::exchange(writer_, nullptr)) waiter->wake();
}

std::string_view ClientExchange::unread() const noexcept {
    return saved_.empty() ? borrowed_ : std::string_view{saved_}.substr(saved_used_);
}

// Makes `unread()` longer. `bytes`, `would_block` (with everything saved), or `end`/`failed`.
http::ReadState ClientExchange::read_more(ErrorCode& error) {
    save_borrowed();
    const net::ReadBytes read = connection_->transport().try_read();
    switch (read.state) {
        case net::IoState::bytes:
            heard_ = true;
            if (saved_.empty()) {
                borrowed_ = read.bytes;
            } else {
                saved_.append(read.bytes);
            }
            return http::ReadState::bytes;
        case net::IoState::would_block:
            return http::ReadState::would_block;
        case net::IoState::end:
        case net::IoState::failed:
            break;
    }
    error = reused() ? ErrorCode::upstream_reused_closed : ErrorCode::upstream_closed;
    if (connection_->transport().certificate_refused()) error = ErrorCode::tls_handshake_failed;
    return read.state == net::IoState::end ? http::ReadState::end : http::ReadState::failed;
}

http::ReadState ClientExchange::try_head(ErrorCode& error) {
    for (;;) {
        const http::ReadState parsed = parse_head(error);
        if (parsed != http::ReadState::would_block) return parsed;
        const http::ReadState more = read_more(error);
        if (more == http::ReadState::bytes) continue;
        if (more == http::ReadState::would_block) return more;
        failed_ = true;
        return http::ReadState::failed;
    }
}

// Takes one whole head out of `unread()`; interim ones are skipped. `would_block`: not whole yet.
http::ReadState ClientExchange::parse_head(ErrorCode& error) {
    while (interim_heads_ <= k_interim_heads_max) {
        const std::string_view bytes = unread();
        const std::size_t length = find_head_end(bytes, head_searched_);
        if (length == 0 && bytes.size() <= k_response_limits.head && !has_bare_line_feed(bytes))
            return http::ReadState::would_block;
        if (length == 0 ||
            !parse_response(bytes.substr(0, length), method_, k_response_limits, response_) ||
            (response_.status == 101 && !upgrading_))
            break;
        head_searched_ = 0;
        if (saved_.empty()) {
            borrowed_.remove_prefix(length);
        } else {
            saved_used_ += length;
        }
        if (response_.status == 101) response_.framing = http::Framing::until_close;
        if (response_.status < 200 && response_.status != 101) {
            ++interim_heads_;
            continue;
        }
        have_head_ = true;
        chunked_response_ = response_.framing == http::Framing::chunked;
        body_ = BodyFramer{response_.framing, response_.length};
        return http::ReadState::bytes;
    }
    failed_ = true;
    error = ErrorCode::upstream_bad_response;
    return http::ReadState::failed;
}

http::Received ClientExchange::try_read() {
    Framed& framed = scratch_.framed;
    for (;;) {
        if (body_.done()) return {.state = http::ReadState::end};
        ErrorCode error = ErrorCode::upstream_closed;
        if (unread().empty()) {
            saved_.clear();
            saved_used_ = 0;
            const http::ReadState more = read_more(error);
            if (more == http::ReadState::would_block) return {};
            if (more != http::ReadState::bytes) {
                // A reset is never a proper end, not even of a body that ends with its connection.
                if (more == http::ReadState::end && body_.end_of_input())
                    return {.state = http::ReadState::end};
                failed_ = true;
                return failure(ErrorCode::upstream_closed);
            }
        }
        if (const Result<void> fed = body_.feed(unread(), framed); !fed) {
            failed_ = true;
            return failure(ErrorCode::upstream_bad_response);
        }
        if (saved_.empty()) {
            borrowed_.remove_prefix(framed.consumed);
        } else {
            saved_used_ += framed.consumed;
        }
        if (framed.wire_count > 0) {
            // What did not fit into `framed` must outlast this turn: the caller may wait for its
            // client first.
            save_borrowed();
            return {.state = http::ReadState::bytes,
                    .wire = chunked_response_ ? framed.wire() : http::Pieces{},
                    .payload = framed.payload()};
        }
    }
}

void ClientExchange::save_borrowed() {
    if (!borrowed_.empty()) saved_.assign(std::exchange(borrowed_, {}));
}

void ClientExchange::when_readable(Waiter* waiter) noexcept {
    reader_ = waiter;
    if (waiter == nullptr) {
        connection_->loop().forget(ready_hook_);
        connection_->transport().when_readable(nullptr);
        return;
    }
    save_borrowed();  // borrowed bytes end with this turn of the loop
    // The socket need not become readable again for what is here already.
    if (have_head_ && (body_.done() || !unread().empty())) {
        connection_->loop().forget(ready_hook_);
        connection_->loop().wake_soon(ready_hook_);
        return;
    }
    connection_->transport().when_readable(&ready_hook_);
}

void ClientExchange::reader_touches(HotLines lines) noexcept {
    lines.add_between(this, reinterpret_cast<const char*>(&body_) + BodyFramer::k_hot);
    lines.add(connection_.get(), sizeof(ClientConnection));
    connection_->transport().reader_touches(lines);
}

void ClientExchange::read_ready() {
    if (Waiter* waiter = std::exchange(reader_, nullptr)) waiter->wake();  // may destroy this
}

}  // namespace penstock::h1
