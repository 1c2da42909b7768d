// One exchange of an HTTP/2 connection, as the handler sees it. Owned by its connection.
#pragma once

#include <string_view>

#include "penstock/base/frame_pool.h"
#include "penstock/base/task.h"
#include "penstock/http/stream.h"
#include "penstock/net/loop.h"
#include "session_stream.h"

namespace penstock::h2 {

class ServerConnection;

class ServerStream final : public http::ServerStream, public SessionStream {
public:
    ServerStream(ServerConnection& connection, std::int32_t number, const http::HeadLimits& limits);
    ~ServerStream() override;
    // A stream's memory serves the next one.
    static void* operator new(std::size_t size) { return FramePool::allocate(size); }
    static void operator delete(void* stream, std::size_t size) noexcept {
        FramePool::release(stream, size);
    }

    /// Acts on what the session noted. True: the stream is over and may be destroyed.
    [[nodiscard]] bool settle();
    /// The client does not read: what waits to be written never will be.
    void stall();

    [[nodiscard]] const http::RequestHead& head() const noexcept override {
        return SessionStream::head;
    }
    [[nodiscard]] std::string_view peer() const noexcept override;
    [[nodiscard]] const http::Encryption* encryption() const noexcept override;
    [[nodiscard]] TimePoint started() const noexcept override { return started_; }
    [[nodiscard]] http::Received try_read() override;
    void when_readable(Waiter* waiter) noexcept override;
    void let_body_pause() noexcept override { body_may_pause_ = true; }
    [[nodiscard]] const http::Fields& request_trailers() const noexcept override;
    void respond(const http::ResponseHead& response) override;
    http::Flow write(http::Pieces wire, http::Pieces payload) override;
    http::Flow flush() override;
    void when_writable(Waiter* waiter) noexcept override { writer_ = waiter; }
    void finish(const http::Fields& trailers) override;
    void break_off(std::string_view last_words) override;
    void add_hot(HotLines& lines) const noexcept override;
    [[nodiscard]] bool responded() const noexcept override { return responded_; }
    [[nodiscard]] ErrorCode failure() const noexcept override {
        return broken ? ErrorCode::bad_request : failure_;
    }
    [[nodiscard]] std::uint64_t bytes_in() const noexcept override { return bytes_in_; }
    [[nodiscard]] std::uint64_t bytes_out() const noexcept override { return bytes_out_; }

    // Links of the connection's list.
    ServerStream* next = nullptr;
    ServerStream* previous = nullptr;

private:
    void begin();
    Task<void> run();
    void ended();
    void over();
    void answer_bad_head();
    void tell_refused(ErrorCode code);
    void answer_unanswered();

    void take_lent();
    [[nodiscard]] http::Received fail_read(ErrorCode code) noexcept;
    void read_ready();
    void read_timed_out();
    void watch_progress();
    void write_timed_out();
    void stop_input();

    TimePoint started_{};
    std::string_view lent_;  // of `input`, given to the reader
    Waiter* reader_ = nullptr;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t progress_ = 0;  // of `out`, when the timer was set
    // What each token touches is in the next lines, up to `blocked_`.
    ServerConnection& connection_;
    Waiter* writer_ = nullptr;
    std::uint64_t bytes_out_ = 0;
    ErrorCode failure_ = ErrorCode::client_gone;
    bool begun_ = false;
    bool done_ = false;  // nobody works on it any more
    bool read_failed_ = false;
    bool write_failed_ = false;
    bool continue_due_ = false;
    bool responded_ = false;
    bool has_body_ = false;  // of the response
    bool finished_ = false;
    bool blocked_ = false;  // the writer was told to wait
    bool reset_timed_ = false;
    bool body_may_pause_ = false;

    Hook<ServerStream, &ServerStream::read_ready> read_hook_{*this};
    Hook<ServerStream, &ServerStream::read_timed_out> read_timer_hook_{*this};
    Hook<ServerStream, &ServerStream::write_timed_out> write_timer_hook_{*this};
    Hook<ServerStream, &ServerStream::stop_input> stop_hook_{*this};
    Hook<ServerStream, &ServerStream::over> over_hook_{*this};
    net::Timer read_timer_;
    net::Timer write_timer_;
    Task<void> task_;  // last: destroyed first
};

}  // namespace penstock::h2
