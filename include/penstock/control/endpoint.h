// Where the control client connects to. A value.
#pragma once

#include <cstdint>
#include <string>

namespace penstock::control {

/// Host and port, or a unix socket's path.
struct Endpoint {
    std::string host;  // name or literal, without brackets
    std::uint16_t port = 0;
    std::string unix_path;  // not empty: this counts
    std::string authority;  // the Host field: "host:port", "[::1]:8000", "localhost"
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace penstock::control
