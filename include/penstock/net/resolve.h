// From a host name to socket addresses, without blocking the loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "penstock/base/error.h"
#include "penstock/base/task.h"
#include "penstock/base/units.h"

namespace penstock::net {

class Loop;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

/// A literal (v4, v6) with its port, or nothing when `host` is a name.
[[nodiscard]] std::vector<SocketAddress> literal_address(const std::string& host,
                                                         std::uint16_t port);
/// A unix socket's path; empty when it is too long.
[[nodiscard]] std::vector<SocketAddress> unix_address(const std::string& path);

/// All addresses of a name. Errors: connect_failed with the resolver's words, connect_timeout.
/// Destroying the task abandons the answer.
[[nodiscard]] Task<Result<std::vector<SocketAddress>>> resolve(Loop& loop, std::string host,
                                                               std::uint16_t port, Millis deadline);

}  // namespace penstock::net
