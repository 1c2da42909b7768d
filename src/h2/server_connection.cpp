// The life of a client's HTTP/2 connection: its streams come and go, and it ends when it is idle
// for too long, drained, refused or gone.
#include "server_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "penstock/telemetry/metrics.h"

namespace penstock::h2 {

namespace {

constexpr Millis k_drain_notice{1'000};  // until the client must have seen it

std::unique_ptr<const http::Encryption> encryption_of(const net::Transport& transport) {
    if (!transport.encrypted()) return nullptr;
    return std::make_unique<const http::Encryption>(
        http::Encryption{transport.tls_facts().peer_names});
}

}  // namespace

ServerConnection::ServerConnection(ServerConnections::Impl& owner, net::Transport transport)
    : owner_{owner},
      peer_{net::peer_name(transport.fd())},
      encryption_{encryption_of(transport)},
      session_{owner.setup, owner.limits, *this},
      pump_{owner.loop, std::move(transport), *this, owner.batch,
            owner.options.write_stall_timeout},
      timer_{owner.loop},
      drain_timer_{owner.loop} {}

ServerConnection::~ServerConnection() {
    while (streams_.first() != nullptr) remove(*streams_.first());
}

net::Loop& ServerConnection::loop() noexcept {
    return owner_.loop;
}
http::Handler& ServerConnection::handler() noexcept {
    return owner_.handler;
}
StreamSpares& ServerConnection::spares() noexcept {
    return owner_.spares;
}
const http::ServerOptions& ServerConnection::options() const noexcept {
    return owner_.options;
}

bool ServerConnection::receive(std::string_view bytes) {
    return session_.receive(bytes, owner_.loop.coarse_now());
}

void ServerConnection::settle() {
    settle_streams();
    if (session_.refusal()) end_refused();
    if (!pump_.closing() && session_.over()) pump_.close();
    watch_idleness();
}

// A handler that runs from here may write, and with it make news for the next call.
void ServerConnection::settle_streams() {
    std::vector<SessionStream*> news = std::move(owner_.news);
    session_.take_news(news);
    for (SessionStream* each : news) {
        auto& stream = static_cast<ServerStream&>(*each);
        if (stream.settle()) remove(stream);
    }
    owner_.news = std::move(news);
}

// While streams are open nothing is due from their client but the acknowledgement of our SETTINGS:
// without it our limits do not hold.
ServerConnection::Due ServerConnection::due() const noexcept {
    if (pump_.closing()) return Due::nothing;
    if (!session_.settled() || session_.head_pending()) return Due::head;
    if (streams_.size() == 0) return Due::stream;
    return session_.acknowledged() ? Due::nothing : Due::acknowledgement;
}

void ServerConnection::watch_idleness() {
    const Due now_due = due();
    if (std::exchange(due_, now_due) == now_due) return;
    if (due_ == Due::nothing) return timer_.clear();
    timer_.set(time_for(due_), timer_hook_);
}

// Time for the acknowledgement runs from when it was due first: heads that come meanwhile buy none.
Millis ServerConnection::time_for(Due what) noexcept {
    if (what == Due::stream) return owner_.options.keep_alive_timeout;
    const Millis most = owner_.options.head_timeout;
    if (what == Due::head) return most;
    const TimePoint now = owner_.loop.now();
    if (acknowledgement_due_ == TimePoint{}) acknowledgement_due_ = now;
    const auto passed = std::chrono::duration_cast<Millis>(now - acknowledgement_due_);
    return std::max(most - passed, Millis{1});
}

void ServerConnection::timed_out() {
    if (due_ == Due::acknowledgement) {
        session_.settings_timed_out();
        return pump_.close();
    }
    if (due_ == Due::head) {
        owner_.handler.refused({.peer = peer_, .code = ErrorCode::head_timeout});
    } else if (owner_.metrics != nullptr) {
        owner_.metrics->count(telemetry::Count::idle_closes);
    }
    session_.go_away();
    pump_.close();
}

// Its requests end with it, and what engines do for them: nothing of theirs is sent any more.
void ServerConnection::end_refused() {
    if (std::exchange(refused_, true)) return;
    if (owner_.metrics != nullptr) owner_.metrics->refused(*session_.refusal());
    while (ServerStream* each = streams_.first()) {
        each->broken = true;  // by its client, who has not gone
        remove(*each);
    }
    pump_.refuse();
}

void ServerConnection::drain() {
    if (std::exchange(draining_, true)) return;
    session_.drain();
    drain_timer_.set(k_drain_notice, drain_hook_);
    want_flush();
}

void ServerConnection::drain_over() {
    session_.go_away();
    want_flush();
}

void ServerConnection::ended() {
    owner_.remove(*this);
}

// A request may have come with the client's end: it is logged like any whose client has gone.
void ServerConnection::lost(bool stalled) {
    settle_streams();
    if (stalled) {
        if (owner_.metrics != nullptr)
            owner_.metrics->refused(telemetry::Http2Refusal::write_stall);
        // Those that wait to write say so themselves, the others when they are destroyed.
        for (ServerStream* each = streams_.first(); each != nullptr; each = each->next)
            each->stall();
    }
    owner_.remove(*this);
}

SessionStream& ServerConnection::open(std::int32_t id) {
    auto* stream = new ServerStream{*this, id, owner_.options.limits};  // owned by the list
    owner_.spares.lend(*stream);
    streams_.push_front(*stream);
    return *stream;
}

void ServerConnection::was_reset(telemetry::Http2StreamError reason) noexcept {
    if (owner_.metrics != nullptr) owner_.metrics->stream_reset(reason);
}

void ServerConnection::remove(ServerStream& stream) noexcept {
    streams_.remove(stream);
    session_.forget(stream);
    delete &stream;
}

void ServerConnection::stream_stalled(ServerStream& stream) {
    if (owner_.metrics != nullptr) owner_.metrics->refused(telemetry::Http2Refusal::write_stall);
    session_.reset(stream, NGHTTP2_CANCEL);
    want_flush();
}

void ServerConnection::exchange_begun() noexcept {
    ++owner_.exchanges;
}

void ServerConnection::exchange_over(std::uint64_t bytes_in, std::uint64_t bytes_out) noexcept {
    --owner_.exchanges;
    if (owner_.metrics == nullptr) return;
    owner_.metrics->count(telemetry::Count::bytes_from_clients, bytes_in);
    owner_.metrics->count(telemetry::Count::bytes_to_clients, bytes_out);
}

}  // namespace penstock::h2
