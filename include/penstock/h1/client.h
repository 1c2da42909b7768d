// HTTP/1.1 towards engines: a connection that can be kept, and one exchange on it. Thread: the
// loop's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "penstock/base/frame_pool.h"
#include "penstock/h1/framer.h"
#include "penstock/h1/parser.h"
#include "penstock/http/stream.h"
#include "penstock/net/transport.h"

namespace penstock::h1 {

/// What a worker's client exchanges share: scratch that no exchange keeps over a return to the
/// loop.
struct ClientScratch {
    Framed framed;
    // Memory that one exchange leaves for the next.
    http::ResponseHead head;
    std::string out;
};

/// One connection to an engine, carrying one exchange at a time. Never pipelined.
class ClientConnection {
public:
    /// Takes over a connected transport.
    ClientConnection(net::Loop& loop, net::Transport transport)
        : loop_{loop}, transport_{std::move(transport)} {}

    virtual ~ClientConnection() = default;
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    [[nodiscard]] net::Transport& transport() noexcept { return transport_; }
    [[nodiscard]] net::Loop& loop() noexcept { return loop_; }
    [[nodiscard]] std::uint64_t exchanges() const noexcept { return exchanges_; }
    void begin() noexcept { ++exchanges_; }

private:
    net::Loop& loop_;
    net::Transport transport_;
    std::uint64_t exchanges_ = 0;
};

/// Where a connection goes that may serve again. Outlives the exchanges.
class ConnectionKeeper {
public:
    virtual void keep(std::unique_ptr<ClientConnection> connection) noexcept = 0;
    /// The connection is closed: it was not fit to serve again.
    virtual void dropped() noexcept = 0;

protected:
    ~ConnectionKeeper() = default;
};

/// One request and its response. See `http::ClientStream` for the contract.
class ClientExchange final : public http::ClientStream {
public:
    ClientExchange(std::unique_ptr<ClientConnection> connection, ConnectionKeeper& keeper,
                   ClientScratch& scratch);
    ~ClientExchange() override;

    // As short-lived as the coroutine frames around it, and from the same lists.
    static void* operator new(std::size_t size) { return FramePool::allocate(size); }
    static void operator delete(void* exchange, std::size_t size) noexcept {
        FramePool::release(exchange, size);
    }

    void send(const http::RequestHead& head, std::string_view body) override;
    void send_head(const http::RequestHead& head) override;
    http::Flow write(http::Pieces payload) override;
    void finish(const http::Fields& trailers) override;
    void when_writable(Waiter* waiter) noexcept override { writer_ = waiter; }
    [[nodiscard]] bool request_sent() const noexcept override {
        return sent_all_ && out_.empty() && body_left_.empty();
    }
    [[nodiscard]] http::ReadState try_head(ErrorCode& error) override;
    [[nodiscard]] const http::ResponseHead& response() const noexcept override { return response_; }
    [[nodiscard]] http::Received try_read() override;
    void when_readable(Waiter* waiter) noexcept override;
    void reader_touches(HotLines lines) noexcept override;
    [[nodiscard]] const http::Fields& trailers() const noexcept override {
        return body_.trailers();
    }
    [[nodiscard]] bool reused() const noexcept override {
        return connection_->exchanges() > 1 && !heard_;
    }
    [[nodiscard]] bool at_boundary() const noexcept override { return body_.at_boundary(); }

private:
    [[nodiscard]] std::string_view unread() const noexcept;
    [[nodiscard]] http::ReadState read_more(ErrorCode& error);
    [[nodiscard]] http::ReadState parse_head(ErrorCode& error);
    http::Flow push();
    void save_borrowed();
    void read_ready();
    void give_back_out() noexcept;
    void write_ready();
    [[nodiscard]] bool fit_to_keep() const noexcept;

    // First what each read of the body touches: a few cache lines in a row.
    std::unique_ptr<ClientConnection> connection_;
    Waiter* reader_ = nullptr;
    Hook<ClientExchange, &ClientExchange::read_ready> ready_hook_{*this};
    ClientScratch& scratch_;
    bool have_head_ = false;
    bool heard_ = false;  // a byte of the response has come
    bool failed_ = false;
    bool chunked_response_ = false;
    // Bytes of this turn are borrowed from the transport; what must outlast it moves to `saved_`.
    std::string_view borrowed_;
    std::string saved_;
    std::size_t saved_used_ = 0;
    BodyFramer body_;

    // Sending: `out_` first, then the borrowed body.
    std::string out_;
    std::string_view body_left_;
    Waiter* writer_ = nullptr;
    Hook<ClientExchange, &ClientExchange::write_ready> write_hook_{*this};
    http::Method method_ = http::Method::get;
    bool chunked_request_ = false;
    bool upgrading_ = false;  // a 101 is an answer
    bool sent_all_ = false;
    bool blocked_ = false;
    bool write_failed_ = false;

    ConnectionKeeper& keeper_;
    http::ResponseHead response_;
    std::size_t head_searched_ = 0;
    std::size_t interim_heads_ = 0;
};

}  // namespace penstock::h1
