// Accepting connections. A listener is bound once by `app`; each worker accepts from its own
// SO_REUSEPORT socket.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/net/transport.h"

namespace penstock::net {

class Loop;

/// Bound and listening sockets for one address, one per worker (unix sockets: one, dup'ed).
struct BoundListener {
    std::string address;        // as asked for
    std::string local_address;  // as bound: the real port where 0 was asked
    std::vector<int> fds;       // owned by who accepts
};

/// Binds "host:port", "[::1]:port" or "unix:/path". Errors: invalid_value, io_failed with the
/// system's words. `leaving`: local addresses of listeners of this process that will be closed
/// soon; until then their ports may be shared.
[[nodiscard]] Result<BoundListener> bind_listener(std::string_view address, std::size_t workers,
                                                  std::span<const std::string> leaving = {});

/// Closes the sockets of a listener that nobody has accepted from.
void close(const BoundListener& bound) noexcept;

/// Accepts on one loop until destroyed or stopped. Accepted sockets are non-blocking, TCP_NODELAY.
class Acceptor {
public:
    /// Not keeping the connection closes it. What this throws is thrown on in the loop's next turn:
    /// those that wait behind it are accepted all the same.
    using OnAccept = std::function<void(Transport)>;
    Acceptor(Loop& loop, int listening_fd, OnAccept on_accept);
    ~Acceptor();
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    /// Accepts what the kernel has queued, then closes. A closed acceptor stays closed.
    void drain_and_close();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::net
