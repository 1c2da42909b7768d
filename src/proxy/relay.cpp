#include "relay.h"

#include <algorithm>
#include <utility>

#include "penstock/net/await.h"

namespace penstock::proxy {

namespace {

// Reads in one turn of the loop: a fast engine must not keep the other streams waiting.
constexpr int k_reads_per_turn = 8;

}  // namespace

Relay::Relay(Exchange& exchange, Attempt& attempt, http::ClientStream& engine, Upload* upload)
    : engine_{engine},
      client_{exchange.client},
      observer_{exchange.observer},
      loop_{exchange.worker.loop},
      metrics_{exchange.worker.metrics},
      filter_{exchange.usage_filter.get()},
      stream_{exchange.record.stream},
      exchange_{exchange},
      attempt_{attempt},
      upload_{upload},
      idle_timer_{exchange.worker.loop},
      total_timer_{exchange.worker.loop} {
    if (stream_) metrics_.change(telemetry::Gauge::streams_open, 1);
}

Relay::~Relay() {
    if (stream_) metrics_.change(telemetry::Gauge::streams_open, -1);
    engine_.when_readable(nullptr);
    client_.when_writable(nullptr);
    if (upload_ != nullptr) upload_->when_failed(nullptr);
}

bool Relay::await_suspend(std::coroutine_handle<> handle) {
    pump();
    // An upload that failed while the head came has told nobody.
    if (!done_ && upload_ != nullptr && upload_->failed()) {
        engine_.when_readable(nullptr);
        client_.when_writable(nullptr);
        finish(End::client_failed, *upload_->failed());
    }
    if (done_) return false;
    handle_ = handle;
    name_hot_lines();
    if (upload_ != nullptr) upload_->when_failed(&upload_hook_);
    last_chunk_ = loop_.now();
    const Millis idle = exchange_.route->timeouts.idle;
    if (idle > Millis{0}) idle_timer_.set(idle, idle_hook_);
    const Millis left = net::time_left(loop_, exchange_.deadline());
    if (left > Millis{0}) total_timer_.set(left, total_hook_);
    return true;
}

void Relay::name_hot_lines() noexcept {
    HotLines lines;
    lines.add_between(this, &end_);
    lines.add(&observer_, Observer::k_hot);
    client_.add_hot(lines);
    engine_.reader_touches(lines);
}

void Relay::pump() {
    for (int reads = 0; reads < k_reads_per_turn; ++reads) {
        const http::Received received = engine_.try_read();
        switch (received.state) {
            case http::ReadState::bytes:
                if (!pass_on(received)) return;
                break;
            case http::ReadState::would_block:
                // A head without a byte of body yet must not wait for one.
                if (first_ && client_.flush() == http::Flow::failed) {
                    return finish(End::client_failed, client_.failure());
                }
                engine_.when_readable(&engine_hook_);
                return;
            case http::ReadState::end:
                return finish(End::complete);
            case http::ReadState::failed:
                return finish(End::engine_failed, received.error);
        }
    }
    engine_.when_readable(&engine_hook_);
}

http::Flow Relay::write(const http::Received& received) {
    if (filter_ == nullptr) return client_.write(received.wire, received.payload);
    const std::string_view kept = filter_->pass(received.payload);
    return client_.write({}, {&kept, 1});
}

// False: no further read now.
bool Relay::pass_on(const http::Received& received) {
    if (!received.payload.empty()) note_chunk();
    const http::Flow flow = write(received);
    // After the write: the client does not wait for our looking at it.
    observer_.feed(received.payload);
    if (!token_came_ && !first_ && observer_.saw_token()) note_first_token();
    if (flow == http::Flow::open) return true;
    if (flow == http::Flow::failed) {
        finish(End::client_failed, client_.failure());
        return false;
    }
    waits_for_client_ = client_waited_ = true;
    client_.when_writable(&client_hook_);
    return false;
}

void Relay::note_chunk() {
    const TimePoint now = loop_.now();
    if (std::exchange(first_, false)) {
        attempt_.first_byte();
    } else if (stream_ && token_came_) {
        metrics_.inter_token(std::chrono::duration_cast<Micros>(now - last_chunk_));
    }
    last_chunk_ = now;
}

void Relay::note_first_token() {
    token_came_ = true;
    attempt_.first_token();
    exchange_.record.first_token = std::max(exchange_.elapsed(), Micros{1});
}

void Relay::finish(End end, ErrorCode error) noexcept {
    end_ = end;
    error_ = error;
    done_ = true;
    idle_timer_.clear();
    total_timer_.clear();
}

void Relay::resume_if_done() noexcept {
    if (done_) handle_.resume();
}

void Relay::engine_ready() {
    pump();
    resume_if_done();
}

void Relay::client_ready() {
    waits_for_client_ = false;
    last_chunk_ = loop_.now();  // the engine's silence begins only now
    pump();
    resume_if_done();
}

// Set once, not per chunk: when it fires it looks at when the last chunk came.
void Relay::idle_passed() {
    const Millis allowed = exchange_.route->timeouts.idle;
    const auto quiet = std::chrono::duration_cast<Millis>(loop_.now() - last_chunk_);
    const bool sent = upload_ != nullptr && upload_->moved() != uploaded_;
    if (sent) uploaded_ = upload_->moved();
    if (sent || waits_for_client_ || quiet < allowed) {
        // A slow client is the write stall's business, not the engine's fault; and an engine that
        // is being talked to may listen.
        const bool whole = sent || waits_for_client_;
        idle_timer_.set(whole ? allowed : allowed - quiet, idle_hook_);
        return;
    }
    engine_.when_readable(nullptr);
    finish(End::engine_failed, ErrorCode::idle_timeout);
    handle_.resume();
}

void Relay::total_passed() {
    engine_.when_readable(nullptr);
    client_.when_writable(nullptr);
    finish(End::engine_failed, ErrorCode::total_timeout);
    handle_.resume();
}

void Relay::upload_failed() {
    engine_.when_readable(nullptr);
    client_.when_writable(nullptr);
    finish(End::client_failed, upload_->failed().value_or(ErrorCode::client_gone));
    handle_.resume();
}

}  // namespace penstock::proxy
