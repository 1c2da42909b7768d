// One HTTP/2 connection of a client with its streams. Owned by `ServerConnections::Impl`; destroyed
// there, which ends the handlers of all its streams wherever they wait.
#pragma once

#include <string>
#include <vector>

#include "penstock/base/intrusive_list.h"
#include "penstock/h2/server.h"
#include "penstock/net/loop.h"
#include "pump.h"
#include "server_session.h"
#include "server_stream.h"
#include "stream_spares.h"

namespace penstock::h2 {

class ServerConnection final : PumpOwner, StreamMaker {
public:
    ServerConnection(ServerConnections::Impl& owner, net::Transport transport);
    ~ServerConnection();
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;

    void start(std::string_view first) { pump_.start(first); }
    void drain();

    // For its streams.
    [[nodiscard]] net::Loop& loop() noexcept;
    [[nodiscard]] http::Handler& handler() noexcept;
    [[nodiscard]] const http::ServerOptions& options() const noexcept;
    [[nodiscard]] std::string_view peer() const noexcept { return peer_; }
    [[nodiscard]] const http::Encryption* encryption() const noexcept { return encryption_.get(); }
    [[nodiscard]] ServerSession& session() noexcept { return session_; }
    [[nodiscard]] StreamSpares& spares() noexcept;
    void want_flush() noexcept { pump_.want_flush(); }
    void exchange_begun() noexcept;
    void exchange_over(std::uint64_t bytes_in, std::uint64_t bytes_out) noexcept;
    void stream_stalled(ServerStream& stream);
    void remove(ServerStream& stream) noexcept;

    // Links of the owner's list.
    ServerConnection* next = nullptr;
    ServerConnection* previous = nullptr;

private:
    /// What the timer waits for.
    enum class Due : std::uint8_t { nothing, head, stream, acknowledgement };

    [[nodiscard]] bool receive(std::string_view bytes) override;
    [[nodiscard]] std::string_view next_output() override { return session_.next_output(); }
    [[nodiscard]] bool overfull() const override { return session_.overfull(); }
    [[nodiscard]] bool over() const override { return session_.over(); }
    void settle() override;
    void ended() override;
    void lost(bool stalled) override;
    [[nodiscard]] SessionStream& open(std::int32_t id) override;
    void was_reset(telemetry::Http2StreamError reason) noexcept override;
    [[nodiscard]] Due due() const noexcept;
    [[nodiscard]] Millis time_for(Due what) noexcept;

    void settle_streams();
    void watch_idleness();
    void end_refused();
    void timed_out();
    void drain_over();

    ServerConnections::Impl& owner_;
    std::string peer_;
    std::unique_ptr<const http::Encryption> encryption_;  // null: plain text
    ServerSession session_;
    Pump pump_;
    IntrusiveList<ServerStream> streams_;
    bool draining_ = false;
    bool refused_ = false;
    Due due_ = Due::nothing;
    TimePoint acknowledgement_due_{};  // since when; the epoch: not yet
    net::Timer timer_;
    net::Timer drain_timer_;
    Hook<ServerConnection, &ServerConnection::timed_out> timer_hook_{*this};
    Hook<ServerConnection, &ServerConnection::drain_over> drain_hook_{*this};
};

struct ServerConnections::Impl {
    Impl(net::Loop& on, http::Handler& serves, telemetry::WorkerMetrics* counts)
        : loop{on}, handler{serves}, metrics{counts} {}

    void remove(ServerConnection& connection) noexcept;

    net::Loop& loop;
    http::Handler& handler;
    telemetry::WorkerMetrics* metrics;
    ServerSetup setup;
    http::ServerOptions options;
    ServerLimits limits;
    StreamSpares spares;
    std::string batch;                 // of the write being made
    std::vector<SessionStream*> news;  // being dealt with
    IntrusiveList<ServerConnection> list;
    std::size_t exchanges = 0;
    bool draining = false;
};

}  // namespace penstock::h2
