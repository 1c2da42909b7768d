// Moves a response's body from an engine to a client, each read written at once. To the handler one
// `co_await`; inside a small state machine whose read waiter writes: the coroutine sleeps through
// the whole stream.
#pragma once

#include <coroutine>
#include <cstdint>

#include "attempt.h"
#include "penstock/http/stream.h"
#include "penstock/net/loop.h"
#include "upload.h"

namespace penstock::proxy {

class Relay {
public:
    enum class End : std::uint8_t { complete, engine_failed, client_failed };

    /// References live as long as the relay. The response's head is written to `client` already.
    /// `upload`: its failure ends the relay as the client's; may be null.
    Relay(Exchange& exchange, Attempt& attempt, http::ClientStream& engine, Upload* upload);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> handle);
    [[nodiscard]] End await_resume() const noexcept { return end_; }

    /// How it went, for who learns from it.
    [[nodiscard]] Attempt::Course course() const noexcept { return {last_chunk_, client_waited_}; }
    /// For engine_failed and client_failed.
    [[nodiscard]] ErrorCode error() const noexcept { return error_; }

private:
    void pump();
    void name_hot_lines() noexcept;
    [[nodiscard]] http::Flow write(const http::Received& received);
    [[nodiscard]] bool pass_on(const http::Received& received);
    void finish(End end, ErrorCode error = ErrorCode::internal) noexcept;
    void note_chunk();
    void note_first_token();

    void engine_ready();
    void client_ready();
    void idle_passed();
    void total_passed();
    void upload_failed();
    void resume_if_done() noexcept;

    // First what each chunk touches.
    http::ClientStream& engine_;
    http::ServerStream& client_;
    Observer& observer_;
    net::Loop& loop_;
    telemetry::WorkerMetrics& metrics_;
    Hook<Relay, &Relay::engine_ready> engine_hook_{*this};
    TimePoint last_chunk_{};
    UsageFilter* filter_;
    bool done_ = false;
    bool first_ = true;
    bool token_came_ = false;
    const bool stream_;  // of events
    bool waits_for_client_ = false;
    bool client_waited_ = false;  // ever: reading had to stop for the client

    End end_ = End::complete;
    ErrorCode error_ = ErrorCode::internal;
    Exchange& exchange_;
    Attempt& attempt_;
    Upload* upload_;
    std::uint64_t uploaded_ = 0;  // when the idle timer last looked
    std::coroutine_handle<> handle_;
    Hook<Relay, &Relay::client_ready> client_hook_{*this};
    Hook<Relay, &Relay::idle_passed> idle_hook_{*this};
    Hook<Relay, &Relay::total_passed> total_hook_{*this};
    Hook<Relay, &Relay::upload_failed> upload_hook_{*this};
    net::Timer idle_timer_;
    net::Timer total_timer_;
};

}  // namespace penstock::proxy
