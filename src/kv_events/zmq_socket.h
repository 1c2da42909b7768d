// ZeroMQ sockets on a loop. The only place that knows libzmq; no error of it is fatal: a socket
// that cannot do something says so once and stays silent.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "penstock/base/error.h"
#include "penstock/base/units.h"

namespace penstock::net {
class Loop;
}

namespace penstock::kv_events {

/// The library's own threads and memory. Outlives its sockets.
class ZmqContext {
public:
    ZmqContext();
    ~ZmqContext();
    ZmqContext(const ZmqContext&) = delete;
    ZmqContext& operator=(const ZmqContext&) = delete;
    [[nodiscard]] void* get() const noexcept { return context_; }

private:
    void* context_;
};

class ZmqSocket {
public:
    enum class Kind : std::uint8_t { subscribe, publish, dealer, router, pair };
    using Frames = std::vector<std::string>;
    /// A message of several frames. May destroy the socket.
    using OnMessage = std::function<void(Frames)>;

    ZmqSocket(net::Loop& loop, const ZmqContext& context, Kind kind, OnMessage on_message);
    ~ZmqSocket();
    ZmqSocket(const ZmqSocket&) = delete;
    ZmqSocket& operator=(const ZmqSocket&) = delete;

    /// Errors: io_failed with the endpoint. Connects in the background, again and again.
    [[nodiscard]] Result<void> connect(const std::string& endpoint);
    /// Errors: io_failed with the endpoint. Returns the endpoint with its port.
    [[nodiscard]] Result<std::string> bind(const std::string& endpoint);
    /// False: not sent, for want of room or of a peer.
    bool send(const Frames& frames);
    /// The endpoint of a pair socket that is told of this one's connections.
    [[nodiscard]] Result<void> report_to(const std::string& endpoint);

private:
    void wait();
    void woken();
    [[nodiscard]] bool receive(Frames& frames);

    OnMessage on_message_;
    void* socket_;
    boost::asio::posix::stream_descriptor descriptor_;
    bool waiting_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// What a message on the socket of `report_to` says.
enum class ConnectionNews : std::uint8_t { none, up, down };
[[nodiscard]] ConnectionNews connection_news(const ZmqSocket::Frames& frames) noexcept;

}  // namespace penstock::kv_events
