// A server connection's reading side: the request's body, and noticing that the client has gone.
#include <utility>

#include "penstock/telemetry/metrics.h"
#include "server_connection.h"

namespace penstock::h1 {

namespace {

constexpr std::size_t k_pipelined_max =
    64 * 1024;  // bytes of further requests held during an exchange
constexpr Millis k_gone_poll{50};

}  // namespace

void ServerConnection::drop_consumed_input() {
    if (input_used_ < input_.size()) {
        // A client that always has more under way must not make the buffer grow for ever.
        if (input_used_ < k_pipelined_max) return;
        input_.erase(0, input_used_);
        input_used_ = 0;
        return;
    }
    input_used_ = 0;
    owner_.recycle(std::exchange(input_, {}));
}

http::Received ServerConnection::fail_read(ErrorCode code) noexcept {
    failure_ = code;
    read_failed_ = true;
    last_ = true;
    return {.state = http::ReadState::failed, .error = code, .wire = {}, .payload = {}};
}

http::Received ServerConnection::try_read() {
    if (read_failed_) return fail_read(failure_);
    if (std::exchange(continue_due_, false)) {
        // Not for a body that is on its way already, and never into a response.
        if (!responded_ && !body_.done() && input_used_ == input_.size()) send_continue();
    }
    Framed& framed = owner_.framed;
    for (;;) {
        if (body_.done()) {
            drop_consumed_input();  // for as long as the response takes
            if (!watching_ && !tunnel_) watch_client();
            return {.state = http::ReadState::end};
        }
        if (input_used_ < input_.size()) {
            const Result<void> fed =
                body_.feed(std::string_view{input_}.substr(input_used_), framed);
            if (!fed) return fail_read(fed.error().code());
            input_used_ += framed.consumed;
        } else {
            drop_consumed_input();
            const net::ReadBytes read = transport_.try_read();
            if (read.state == net::IoState::would_block) return {};
            // In a tunnel that is the proper end of what the client says; it may go on listening.
            if (tunnel_ && read.state == net::IoState::end && body_.end_of_input()) continue;
            if (read.state != net::IoState::bytes) return fail_read(ErrorCode::client_gone);
            const Result<void> fed = body_.feed(read.bytes, framed);
            if (!fed) return fail_read(fed.error().code());
            if (framed.consumed < read.bytes.size())
                input_.assign(read.bytes.substr(framed.consumed));
        }
        bytes_in_ += framed.consumed;
        if (framed.payload_count > 0) {
            return {.state = http::ReadState::bytes, .wire = {}, .payload = framed.payload()};
        }
    }
}

void ServerConnection::send_continue() {
    const std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
    send(http::Pieces{&line, 1});
}

void ServerConnection::when_readable(Waiter* waiter) noexcept {
    reader_ = waiter;
    if (waiter == nullptr) {
        owner_.loop.forget(read_hook_);
        if (watching_) return;  // that read is the connection's own
        read_timer_.clear();
        transport_.when_readable(nullptr);
        return;
    }
    // The socket need not become readable again for what is here already.
    if (body_.done() || read_failed_ || input_used_ < input_.size()) {
        owner_.loop.forget(read_hook_);
        owner_.loop.wake_soon(read_hook_);
        return;
    }
    if (!body_may_pause_) read_timer_.set(owner_.options.body_idle_timeout, read_timer_hook_);
    transport_.when_readable(&read_hook_);
}

// From the end of the request to the end of its response one read stays armed, only to learn that
// the client went.
void ServerConnection::watch_client() noexcept {
    watching_ = true;
    if (input_.size() - input_used_ < k_pipelined_max) {
        transport_.when_readable(&read_hook_);
    } else {
        read_timer_.set(k_gone_poll, read_timer_hook_);
    }
}

// What the client sends from here on is for whom it has asked to speak to; it says itself when it
// is done.
void ServerConnection::begin_tunnel() noexcept {
    tunnel_ = body_may_pause_ = true;
    last_ = true;
    body_ = BodyFramer{http::Framing::until_close, 0};
    if (std::exchange(watching_, false)) transport_.when_readable(nullptr);
    read_timer_.clear();
    transport_.when_parting(nullptr);
}

void ServerConnection::read_ready() {
    if (Waiter* waiter = std::exchange(reader_, nullptr)) {
        if (phase_ == Phase::exchange && !watching_) read_timer_.clear();
        waiter->wake();
        return;
    }
    if (!watching_) return;
    for (;;) {
        const net::ReadBytes read = transport_.try_read();
        if (read.state == net::IoState::would_block) break;
        if (read.state == net::IoState::bytes) {
            input_.append(read.bytes);  // a pipelined request
            if (input_.size() - input_used_ >= k_pipelined_max) break;
            continue;
        }
        if (read.state == net::IoState::end && owner_.options.half_close) {
            half_closed_ = true;
            return;
        }
        owner_.remove(
            *this);  // the handler's task ends where it waits, and with it the request upstream
        return;
    }
    watch_client();
}

void ServerConnection::read_timed_out() {
    if (watching_) {
        if (transport_.peer_gone()) {
            owner_.remove(*this);
        } else {
            watch_client();
        }
        return;
    }
    transport_.when_readable(nullptr);
    read_failed_ = true;
    if (phase_ == Phase::exchange) failure_ = ErrorCode::body_timeout;
    if (Waiter* waiter = std::exchange(reader_, nullptr)) waiter->wake();
}

}  // namespace penstock::h1
