// A load's connection, whatever its protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace penstock::bench {

class Connection;
class Load;

/// A place for one exchange at a time: the whole of an HTTP/1.1 connection, a share of an HTTP/2
/// one. Owned by its connection.
struct Exchange {
    explicit Exchange(Connection& carrier) noexcept : connection{carrier} {}

    Connection& connection;
    bool busy = false;
    bool streaming = false;  // has had a token of the stream under way
    std::uint64_t due = 0;   // when the request under way should have gone out
    bool good_status = false;
    std::string payload;  // of a stream: what may hold half a stamp
};

class Connection {
public:
    virtual ~Connection() = default;
    /// Opens it for the first time. It asks for work as soon as it may carry some.
    virtual void open() = 0;
    /// Its socket has news, as epoll tells them.
    virtual void ready(std::uint32_t events) = 0;
    /// Begins the load's next request.
    virtual void begin(Exchange& exchange) = 0;
    /// Sends what has gathered since `Load::want_flush`.
    virtual void flush() {}
};

[[nodiscard]] std::unique_ptr<Connection> make_h1_connection(Load& load);
[[nodiscard]] std::unique_ptr<Connection> make_h2_connection(Load& load);

}  // namespace penstock::bench
