// One exchange on an HTTP/2 connection to an engine. See `http::ClientStream` for the contract.
#pragma once

#include <memory>
#include <string_view>

#include "client_session.h"
#include "penstock/base/frame_pool.h"
#include "penstock/h2/client.h"
#include "penstock/http/stream.h"

namespace penstock::h2 {

class ClientStream final : public http::ClientStream, public ClientSessionStream {
public:
    explicit ClientStream(ClientConnection::Impl& connection);
    ~ClientStream() override;

    // As short-lived as the coroutine frames around it, and from the same lists.
    static void* operator new(std::size_t size) { return FramePool::allocate(size); }
    static void operator delete(void* stream, std::size_t size) noexcept {
        FramePool::release(stream, size);
    }

    void send(const http::RequestHead& head, std::string_view body) override;
    void send_head(const http::RequestHead& head) override;
    http::Flow write(http::Pieces payload) override;
    void finish(const http::Fields& trailers) override;
    void when_writable(Waiter* waiter) noexcept override;
    [[nodiscard]] bool request_sent() const noexcept override;
    [[nodiscard]] http::ReadState try_head(ErrorCode& error) override;
    [[nodiscard]] const http::ResponseHead& response() const noexcept override { return head; }
    [[nodiscard]] http::Received try_read() override;
    void when_readable(Waiter* waiter) noexcept override;
    [[nodiscard]] const http::Fields& trailers() const noexcept override { return tail.fields(); }
    [[nodiscard]] bool reused() const noexcept override;
    [[nodiscard]] bool unprocessed() const noexcept override;
    [[nodiscard]] http::Version version() const noexcept override { return http::Version::http_2; }
    [[nodiscard]] bool at_boundary() const noexcept override { return true; }

    // For its connection. The first two may destroy the stream, by what the waiter does.
    void wake_writer() noexcept;
    void wake_reader() noexcept;
    /// The connection has ended, and is not called any more. `stale`: perhaps before the engine saw
    /// this request.
    void connection_lost(ErrorCode why, bool stale) noexcept;

    // Links of the connection's list.
    ClientStream* next = nullptr;
    ClientStream* previous = nullptr;

private:
    void submit(const http::RequestHead& request, bool has_body);
    void take_lent();
    [[nodiscard]] bool readable() const noexcept;
    [[nodiscard]] bool writable() const noexcept { return gone() || !out.full(); }
    [[nodiscard]] bool gone() const noexcept { return closed || connection_ == nullptr; }
    [[nodiscard]] bool lost() const noexcept;
    [[nodiscard]] ErrorCode why_gone() const noexcept;

    ClientConnection::Impl* connection_;  // null: it has ended
    net::Loop& loop_;
    http::ResponseHead& spare_head_;
    Waiter* reader_ = nullptr;
    Waiter* writer_ = nullptr;
    std::size_t lent_ = 0;  // bytes of `input`, given to the reader
    std::string_view lent_piece_;
    bool has_body_ = false;
    bool have_head_ = false;  // it was told
    bool failed_ = false;     // it could not even be submitted
    ErrorCode lost_by_ = ErrorCode::upstream_closed;
    bool stale_ = false;  // it may have gone to a connection that was closed already
    Hook<ClientStream, &ClientStream::wake_reader> read_hook_{*this};
    Hook<ClientStream, &ClientStream::wake_writer> write_hook_{*this};
};

}  // namespace penstock::h2
