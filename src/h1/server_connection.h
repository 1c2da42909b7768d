// One HTTP/1.1 connection of a client, and the exchange it carries: requests are answered one after
// the other, so the connection itself is the stream. Owned by `ServerConnections::Impl`; destroyed
// there, which ends the handler's task wherever it waits.
#pragma once

#include <array>
#include <string>

#include "penstock/base/intrusive_list.h"
#include "penstock/h1/framer.h"
#include "penstock/h1/server.h"
#include "penstock/net/loop.h"
#include "penstock/net/transport.h"

namespace penstock::h1 {

class ServerConnection final : public http::ServerStream {
public:
    ServerConnection(ServerConnections::Impl& owner, net::Transport transport);
    ~ServerConnection() override;

    /// `first`: bytes that have been read already.
    void start(std::string_view first);
    /// Closes when idle; else the current exchange is the last.
    void drain();
    [[nodiscard]] bool busy() const noexcept { return phase_ == Phase::exchange; }

    [[nodiscard]] const http::RequestHead& head() const noexcept override { return head_; }
    [[nodiscard]] std::string_view peer() const noexcept override { return peer_; }
    [[nodiscard]] const http::Encryption* encryption() const noexcept override {
        return encryption_.get();
    }
    [[nodiscard]] TimePoint started() const noexcept override { return started_; }
    [[nodiscard]] http::Received try_read() override;
    void when_readable(Waiter* waiter) noexcept override;
    void let_body_pause() noexcept override { body_may_pause_ = true; }
    [[nodiscard]] const http::Fields& request_trailers() const noexcept override {
        return body_.trailers();
    }
    void respond(const http::ResponseHead& head) override;
    http::Flow write(http::Pieces wire, http::Pieces payload) override;
    http::Flow flush() override;
    void when_writable(Waiter* waiter) noexcept override { writer_ = waiter; }
    void add_hot(HotLines& lines) const noexcept override;
    void finish(const http::Fields& trailers) override;
    void break_off(std::string_view last_words) override;
    [[nodiscard]] bool responded() const noexcept override { return responded_; }
    [[nodiscard]] ErrorCode failure() const noexcept override { return failure_; }
    [[nodiscard]] std::uint64_t bytes_in() const noexcept override { return bytes_in_; }
    [[nodiscard]] std::uint64_t bytes_out() const noexcept override { return bytes_out_; }

    // Links of the owner's list.
    ServerConnection* next = nullptr;
    ServerConnection* previous = nullptr;

private:
    enum class Phase : std::uint8_t { idle, head, exchange, lingering, closing };

    // serve.cpp: the connection's life.
    Task<void> serve();
    Task<bool> read_head();
    void begin_exchange();
    void client_parted();
    Task<bool> end_exchange();
    Task<void> linger();
    void take_input(std::string_view bytes);
    void take_turn(Waiter* waiter) noexcept;
    void answer_bad_head(const Error& error, std::string_view head);
    void answer_unanswered();

    // server_reading.cpp
    void drop_consumed_input();
    [[nodiscard]] http::Received fail_read(ErrorCode code) noexcept;
    void send_continue();
    void watch_client() noexcept;
    void begin_tunnel() noexcept;
    void read_ready();
    void read_timed_out();

    // server_writing.cpp
    http::Flow send(http::Pieces pieces);
    http::Flow write_out(http::Pieces pieces);
    template <std::size_t places>
    http::Flow write_gathered(http::Pieces pieces);
    http::Flow write_now(http::Pieces pieces);
    void keep_unsent(http::Pieces pieces, std::size_t sent);
    [[nodiscard]] bool put_off(http::Pieces pieces);
    void deferred_write();
    void write_ready();
    void write_timed_out();

    void finished();  // of `serve`

    // First what each write touches: two cache lines.
    ServerConnections::Impl& owner_;
    net::Transport transport_;
    std::uint64_t bytes_out_ = 0;
    Hook<ServerConnection, &ServerConnection::deferred_write> deferred_hook_{*this};
    // Written at the turn's end, behind `out_`; in the loop's read buffer.
    std::array<std::string_view, 2> deferred_;
    std::uint8_t deferred_count_ = 0;
    http::Framing out_framing_ = http::Framing::none;
    bool blocked_ = false;  // `out_` waits for the kernel
    bool write_failed_ = false;
    // What the kernel has not taken yet; the response's head before the first write.
    std::string out_;

    // Writing, else.
    Waiter* writer_ = nullptr;
    bool responded_ = false;
    bool finished_ = false;
    bool abort_ = false;  // end with RST: the body had no other visible end

    // Reading.
    std::string peer_;
    std::unique_ptr<const http::Encryption> encryption_;  // null: plain text
    std::string input_;  // bytes read and not yet dealt with, from `input_used_` on
    std::size_t input_used_ = 0;
    std::size_t head_searched_ = 0;
    http::RequestHead head_;
    BodyFramer body_;
    TimePoint started_{};
    Waiter* reader_ = nullptr;
    Waiter* turn_ = nullptr;  // waits for the loop's next turn
    std::uint32_t exchanges_ = 0;
    std::uint64_t bytes_in_ = 0;

    Phase phase_ = Phase::idle;
    ErrorCode failure_ = ErrorCode::client_gone;
    bool read_failed_ = false;
    bool continue_due_ = false;
    bool watching_ = false;  // one read is armed only to notice that the client goes
    bool last_ = false;      // no further request on this connection
    bool half_closed_ = false;
    bool tunnel_ = false;
    bool body_may_pause_ = false;

    Hook<ServerConnection, &ServerConnection::read_ready> read_hook_{*this};
    Hook<ServerConnection, &ServerConnection::read_timed_out> read_timer_hook_{*this};
    Hook<ServerConnection, &ServerConnection::write_ready> write_hook_{*this};
    Hook<ServerConnection, &ServerConnection::write_timed_out> write_timer_hook_{*this};
    Hook<ServerConnection, &ServerConnection::client_parted> parting_hook_{*this};
    Hook<ServerConnection, &ServerConnection::finished> finished_hook_{*this};
    net::Timer read_timer_;
    net::Timer write_timer_;

    // Last: destroyed first, while everything it may still touch is there.
    Task<void> task_;
};

struct ServerConnections::Impl {
    Impl(net::Loop& on, http::Handler& serves, telemetry::WorkerMetrics* counts)
        : loop{on}, handler{serves}, metrics{counts} {}

    void remove(ServerConnection& connection) noexcept;
    /// Room for a connection's input, so that a request costs no allocation; given back by
    /// `recycle`.
    [[nodiscard]] std::string spare_input();
    void recycle(std::string&& input) noexcept;

    net::Loop& loop;
    http::Handler& handler;
    telemetry::WorkerMetrics* metrics;
    ServerOptions options;
    Framed framed;
    std::string spare;
    IntrusiveList<ServerConnection> list;
    std::size_t exchanges = 0;
    bool draining = false;
};

}  // namespace penstock::h1
