// The life of a client's connection: read a head, let the handler serve it, end the exchange,
// again.
#include <utility>

#include "penstock/h1/parser.h"
#include "penstock/http/await.h"
#include "penstock/http/reply.h"
#include "penstock/telemetry/metrics.h"
#include "server_connection.h"

namespace penstock::h1 {

namespace {

constexpr std::uint32_t k_exchanges_per_turn = 16;
constexpr Millis k_linger{2'000};
constexpr std::size_t k_linger_bytes = 64 * 1024;

std::unique_ptr<const http::Encryption> encryption_of(const net::Transport& transport) {
    if (!transport.encrypted()) return nullptr;
    return std::make_unique<const http::Encryption>(
        http::Encryption{transport.tls_facts().peer_names});
}

}  // namespace

ServerConnection::ServerConnection(ServerConnections::Impl& owner, net::Transport transport)
    : owner_{owner},
      transport_{std::move(transport)},
      peer_{net::peer_name(transport_.fd())},
      encryption_{encryption_of(transport_)},
      read_timer_{owner.loop},
      write_timer_{owner.loop} {}

ServerConnection::~ServerConnection() {
    if (busy()) --owner_.exchanges;
    task_.destroy();
    owner_.loop.forget(finished_hook_);
    owner_.loop.forget(read_hook_);
    owner_.loop.forget(deferred_hook_);
}

void ServerConnection::start(std::string_view first) {
    if (!first.empty()) {
        read_timer_.set(owner_.options.head_timeout, read_timer_hook_);
        take_input(first);
    }
    task_ = serve();
    task_.start([](void* self) { static_cast<ServerConnection*>(self)->finished(); }, this);
}

// Called first by the task from its last step, when it may not be destroyed yet; then by the loop.
void ServerConnection::finished() {
    if (phase_ != Phase::closing) {
        phase_ = Phase::closing;
        transport_.close();
        owner_.loop.wake_soon(finished_hook_);
        return;
    }
    owner_.remove(*this);
}

void ServerConnection::drain() {
    last_ = true;
    if (phase_ == Phase::idle && input_.empty()) owner_.remove(*this);
}

Task<void> ServerConnection::serve() {
    while (co_await read_head()) {
        begin_exchange();
        bool threw = false;
        try {
            co_await owner_.handler.handle(*this);
        } catch (...) {
            threw = true;  // a bug or no memory: this exchange ends, the others go on
        }
        if (threw || !finished_) answer_unanswered();
        if (!co_await end_exchange()) break;
        // Pipelined requests that are answered without waiting must not keep the loop to
        // themselves.
        if (++exchanges_ % k_exchanges_per_turn == 0) {
            co_await WakeAwaiter{[this](Waiter* waiter) noexcept { take_turn(waiter); }};
        }
    }
    if (!abort_) co_await linger();
    if (abort_) transport_.abort();
}

void ServerConnection::take_turn(Waiter* waiter) noexcept {
    if (waiter != nullptr) {
        owner_.loop.wake_soon(*waiter);
    } else {
        owner_.loop.forget(*turn_);
    }
    turn_ = waiter;
}

Task<bool> ServerConnection::read_head() {
    head_searched_ = 0;
    for (;;) {
        const std::string_view bytes = std::string_view{input_}.substr(input_used_);
        // At most two empty lines before a request are forgiven (RFC 9112 2.2).
        std::size_t skip = 0;
        while (skip < 4 && bytes.substr(skip).starts_with("\r\n")) skip += 2;
        const std::string_view head = bytes.substr(skip);
        if (const std::size_t length = find_head_end(head, head_searched_); length > 0) {
            if (const Result<void> parsed =
                    parse_request(head.substr(0, length), owner_.options.limits, head_);
                !parsed) {
                answer_bad_head(parsed.error(), head);
                co_return false;
            }
            input_used_ += skip + length;
            co_return true;
        }
        if (!head.empty()) {
            phase_ = Phase::head;
            if (const Result<void> verdict = check_partial_request(head, owner_.options.limits);
                !verdict) {
                answer_bad_head(verdict.error(), head);
                co_return false;
            }
        }
        const net::ReadBytes read = transport_.try_read();
        if (read.state == net::IoState::bytes) {
            if (!read_timer_.set()) read_timer_.set(owner_.options.head_timeout, read_timer_hook_);
            take_input(read.bytes);
            continue;
        }
        if (read.state != net::IoState::would_block) co_return false;
        if (head.empty() && last_) co_return false;
        const Millis idle = owner_.options.keep_alive_timeout;
        const bool fresh = !read_timer_.set() && phase_ == Phase::idle;
        if (fresh) read_timer_.set(idle, read_timer_hook_);
        co_await WakeAwaiter{[this](Waiter* waiter) noexcept {
            reader_ = waiter;
            transport_.when_readable(waiter != nullptr ? &read_hook_ : nullptr);
        }};
        if (read_failed_) {
            if (phase_ == Phase::head) {
                answer_bad_head(ErrorCode::head_timeout, head);
            } else if (owner_.metrics != nullptr) {
                owner_.metrics->count(telemetry::Count::idle_closes);
            }
            co_return false;
        }
        if (fresh) read_timer_.set(owner_.options.head_timeout, read_timer_hook_);
    }
}

void ServerConnection::take_input(std::string_view bytes) {
    if (input_.capacity() < input_.size() + bytes.size()) {
        std::string room = owner_.spare_input();
        room.append(input_);
        input_ = std::move(room);
    }
    input_.append(bytes);
}

void ServerConnection::answer_bad_head(const Error& error, std::string_view head) {
    const RequestLine line = peek_request_line(head);
    last_ = true;
    head_ = {};
    body_ = {};
    bytes_out_ = 0;
    responded_ = finished_ = false;
    http::reply(*this, http::error_head(error, 0),
                http::error_json(error, http::api_shape(line.path)));
    owner_.handler.refused({.peer = peer_,
                            .method = line.method,
                            .path = line.path,
                            .code = error.code(),
                            .bytes_out = bytes_out_});
}

void ServerConnection::begin_exchange() {
    phase_ = Phase::exchange;
    ++owner_.exchanges;
    read_timer_.clear();
    started_ = owner_.loop.now();
    body_ = BodyFramer{head_.framing, head_.length};
    bytes_in_ = 0;
    bytes_out_ = 0;
    failure_ = ErrorCode::client_gone;
    responded_ = finished_ = abort_ = false;
    continue_due_ = head_.expects_continue;
    if (!head_.keep_alive || owner_.draining) last_ = true;
    drop_consumed_input();
    if (body_.done()) watch_client();
    if (!owner_.options.half_close) transport_.when_parting(&parting_hook_);
}

// While nobody reads: a streamed upload waits for a slow engine, say.
void ServerConnection::client_parted() {
    owner_.remove(*this);
}

void ServerConnection::answer_unanswered() {
    if (!responded_) {
        last_ = true;
        const Error error{ErrorCode::internal};
        http::reply(*this, http::error_head(error, 0),
                    http::error_json(error, http::api_shape(head_.path())));
        return;
    }
    break_off({});
}

Task<bool> ServerConnection::end_exchange() {
    while (blocked_ && !write_failed_) co_await http::writable(*this);
    if (owner_.metrics != nullptr) {
        owner_.metrics->count(telemetry::Count::bytes_from_clients, bytes_in_);
        owner_.metrics->count(telemetry::Count::bytes_to_clients, bytes_out_);
    }
    transport_.when_readable(nullptr);
    transport_.when_parting(nullptr);
    watching_ = false;
    read_timer_.clear();
    write_timer_.clear();
    const bool again =
        finished_ && !last_ && body_.done() && !write_failed_ && !read_failed_ && !half_closed_;
    if (write_failed_) abort_ = true;
    --owner_.exchanges;
    phase_ = Phase::idle;
    drop_consumed_input();  // an idle connection holds nothing, and a drain may end it
    co_return again;
}

// Closing at once while the client still sends would reset the connection and take our last answer
// with it.
Task<void> ServerConnection::linger() {
    phase_ = Phase::lingering;
    while (blocked_ && !write_failed_) co_await http::writable(*this);
    write_timer_.clear();
    if (write_failed_ || !transport_.open()) co_return;
    transport_.shut_down_write();
    read_failed_ = false;
    read_timer_.set(k_linger, read_timer_hook_);
    std::size_t discarded = 0;
    while (discarded <= k_linger_bytes && !read_failed_) {
        const net::ReadBytes read = transport_.try_read();
        if (read.state == net::IoState::bytes) {
            discarded += read.bytes.size();
            continue;
        }
        if (read.state != net::IoState::would_block) break;
        co_await WakeAwaiter{[this](Waiter* waiter) noexcept {
            reader_ = waiter;
            transport_.when_readable(waiter != nullptr ? &read_hook_ : nullptr);
        }};
    }
    read_timer_.clear();
}

}  // namespace penstock::h1
