// A server connection's writing side: framing the response as this client understands it, and the
// one bounded buffer of what the kernel did not take.
#include <array>
#include <charconv>
#include <utility>

#include "penstock/base/assert.h"
#include "penstock/h1/writer.h"
#include "server_connection.h"

namespace penstock::h1 {

namespace {

/// The pieces of one write: the pending bytes, a size line, the content, its end.
template <std::size_t places>
class Gather {
public:
    void add(std::string_view piece) noexcept {
        if (!piece.empty()) pieces_[count_++] = piece;
    }
    void add(http::Pieces pieces) noexcept {
        for (const std::string_view piece : pieces) add(piece);
    }
    [[nodiscard]] http::Pieces pieces() const noexcept { return {pieces_.data(), count_}; }

private:
    std::array<std::string_view, places> pieces_;
    std::size_t count_ = 0;
};

constexpr std::size_t k_waiting = 3;  // places for `out_` and `deferred_`
constexpr std::size_t k_few = 8;      // clearing all places would cost a token's write a tenth
constexpr std::size_t k_many = 4 * Framed::k_pieces + 4;

std::size_t total(http::Pieces pieces) noexcept {
    std::size_t bytes = 0;
    for (const std::string_view piece : pieces) bytes += piece.size();
    return bytes;
}

}  // namespace

void ServerConnection::respond(const http::ResponseHead& head) {
    PENSTOCK_ASSERT(!responded_);
    responded_ = true;
    const bool old_client = head_.version == http::Version::http_1_0;
    if (head.status == 101) begin_tunnel();
    if (http::has_no_body(head_.method, head.status)) {
        out_framing_ = http::Framing::none;
    } else if (tunnel_) {
        out_framing_ = http::Framing::until_close;
    } else if (head.framing == http::Framing::chunked ||
               head.framing == http::Framing::until_close) {
        out_framing_ = old_client ? http::Framing::until_close : http::Framing::chunked;
    } else if (head.framing == http::Framing::none) {
        out_framing_ = http::Framing::length;  // of nothing: HTTP/2 ends a response with its head
    } else {
        out_framing_ = head.framing;
    }
    // An unread request body would be taken for the next request.
    if (out_framing_ == http::Framing::until_close || !body_.done() || owner_.draining)
        last_ = true;
    auto connection = ConnectionField::none;
    if (tunnel_) {
        connection = ConnectionField::upgrade;
    } else if (last_) {
        connection = ConnectionField::close;
    } else if (old_client) {
        connection = ConnectionField::keep_alive;
    }
    const std::size_t before = out_.size();
    write_response(head, out_framing_, connection, out_);
    bytes_out_ += out_.size() - before;
}

http::Flow ServerConnection::write(http::Pieces wire, http::Pieces payload) {
    if (out_framing_ == http::Framing::none) return flush();
    if (out_framing_ != http::Framing::chunked) return send(payload);
    if (!wire.empty()) return send(wire);
    const std::size_t length = total(payload);
    if (length == 0) return flush();  // a chunk of no bytes would be the last
    std::array<char, 20> line{};
    char* end = std::to_chars(line.data(), line.data() + 16, length, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    const std::string_view size_line{line.data(), static_cast<std::size_t>(end - line.data())};
    constexpr std::string_view k_end = "\r\n";
    if (payload.size() > Framed::k_pieces) {
        send({&size_line, 1});
        send(payload);
        return send({&k_end, 1});
    }
    Gather<Framed::k_pieces + 2> gather;
    gather.add(size_line);
    gather.add(payload);
    gather.add(k_end);
    return send(gather.pieces());
}

void ServerConnection::add_hot(HotLines& lines) const noexcept {
    lines.add_between(this, &out_ + 1);
    lines.add(transport_.hot(), 1);
}

http::Flow ServerConnection::flush() {
    if (out_.empty() && deferred_count_ == 0)
        return write_failed_ ? http::Flow::failed : http::Flow::open;
    return send({});
}

void ServerConnection::finish(const http::Fields& trailers) {
    finished_ = true;
    if (out_framing_ != http::Framing::chunked) {
        flush();
        return;
    }
    std::string end = "0\r\n";
    for (std::size_t i = 0; i < trailers.size(); ++i) {
        const http::Field field = trailers[i];
        if (!http::valid_name(field.name) || !http::valid_value(field.value)) continue;
        end.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    end += "\r\n";
    const std::string_view piece = end;
    send(http::Pieces{&piece, 1});
}

void ServerConnection::break_off(std::string_view last_words) {
    last_ = true;
    finished_ = true;
    if (!responded_) return;
    if (out_framing_ == http::Framing::until_close) abort_ = true;
    if (last_words.empty() || out_framing_ == http::Framing::length ||
        out_framing_ == http::Framing::none) {
        flush();
        return;
    }
    write({}, http::Pieces{&last_words, 1});
}

http::Flow ServerConnection::send(http::Pieces pieces) {
    if (write_failed_) return http::Flow::failed;
    constexpr std::size_t k_at_once = k_many - k_waiting;
    if (pieces.size() > k_at_once) {
        send(pieces.first(k_at_once));
        return send(pieces.subspan(k_at_once));
    }
    bytes_out_ += total(pieces);
    if (put_off(pieces)) return http::Flow::open;
    return write_out(pieces);
}

// Only what came in one short read. The write behind it goes out at once and takes it along.
bool ServerConnection::put_off(http::Pieces pieces) {
    if (blocked_ || pieces.empty() || pieces.size() > deferred_.size() || deferred_count_ > 0)
        return false;
    for (const std::string_view piece : pieces) {
        if (!owner_.loop.outlasts_turn(piece)) return false;
    }
    if (!owner_.loop.defer(deferred_hook_, transport_.hot())) return false;
    deferred_count_ = static_cast<std::uint8_t>(pieces.size());
    std::copy(pieces.begin(), pieces.end(), deferred_.begin());
    return true;
}

void ServerConnection::deferred_write() {
    if (deferred_count_ > 0) write_out({});
}

// Everything that waits, then `pieces`.
http::Flow ServerConnection::write_out(http::Pieces pieces) {
    if (blocked_) {
        for (const std::string_view piece : pieces) out_.append(piece);
        return http::Flow::blocked;
    }
    return pieces.size() + k_waiting <= k_few ? write_gathered<k_few>(pieces)
                                              : write_gathered<k_many>(pieces);
}

template <std::size_t places>
http::Flow ServerConnection::write_gathered(http::Pieces pieces) {
    Gather<places> gather;
    gather.add(out_);
    gather.add(http::Pieces{deferred_}.first(std::exchange(deferred_count_, std::uint8_t{0})));
    gather.add(pieces);
    return write_now(gather.pieces());
}

// `pieces`: `out_` first, when it is not empty.
http::Flow ServerConnection::write_now(http::Pieces pieces) {
    std::size_t sent = 0;
    const std::size_t wanted = total(pieces);
    http::Pieces rest = pieces;
    while (sent < wanted) {
        const std::ptrdiff_t taken = transport_.try_write(rest);
        if (taken < 0) {
            write_failed_ = true;
            failure_ = ErrorCode::client_gone;
            return http::Flow::failed;
        }
        sent += static_cast<std::size_t>(taken);
        constexpr std::size_t k_per_write = 64;
        if (sent == wanted || rest.size() <= k_per_write) break;  // done, or the kernel is full
        if (static_cast<std::size_t>(taken) != total(rest.first(k_per_write))) break;
        rest = rest.subspan(k_per_write);
    }
    if (sent == wanted) {
        out_.clear();
        return http::Flow::open;
    }
    keep_unsent(pieces, sent);
    blocked_ = true;
    transport_.when_writable(&write_hook_);
    write_timer_.set(owner_.options.write_stall_timeout, write_timer_hook_);
    return http::Flow::blocked;
}

void ServerConnection::keep_unsent(http::Pieces pieces, std::size_t sent) {
    const std::size_t from_out = std::min(sent, out_.size());
    if (!out_.empty()) pieces = pieces.subspan(1);
    out_.erase(0, from_out);
    sent -= from_out;
    for (const std::string_view piece : pieces) {
        const std::size_t skip = std::min(sent, piece.size());
        out_.append(piece.substr(skip));
        sent -= skip;
    }
}

void ServerConnection::write_ready() {
    const std::string_view pending = out_;
    const std::ptrdiff_t taken = transport_.try_write({&pending, 1});
    if (taken < 0) {
        write_failed_ = true;
        failure_ = ErrorCode::client_gone;
    } else {
        out_.erase(0, static_cast<std::size_t>(taken));
    }
    if (!write_failed_ && !out_.empty()) {
        if (taken > 0) write_timer_.set(owner_.options.write_stall_timeout, write_timer_hook_);
        transport_.when_writable(&write_hook_);
        return;
    }
    blocked_ = false;
    std::string{}.swap(out_);  // an assignment would keep the memory
    write_timer_.clear();
    if (Waiter* waiter = std::exchange(writer_, nullptr)) waiter->wake();
}

void ServerConnection::write_timed_out() {
    transport_.when_writable(nullptr);
    write_failed_ = true;
    failure_ = ErrorCode::client_write_stall;
    blocked_ = false;
    if (Waiter* waiter = std::exchange(writer_, nullptr)) waiter->wake();
}

}  // namespace penstock::h1
