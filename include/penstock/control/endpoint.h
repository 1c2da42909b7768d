// Where the control client connects to. A value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "penstock/net/tls.h"

namespace penstock::control {

/// Host and port, or a unix socket's path.
struct Endpoint {
    std::string host;  // name or literal, without brackets
    std::uint16_t port = 0;
    std::string unix_path;  // not empty: this counts
    std::string authority;  // the Host field: "host:port", "[::1]:8000", "localhost"
    std::shared_ptr<const net::ClientTls> tls;  // null: plain text
    std::string server_name;  // with TLS: that is asked for, and that the certificate must bear
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace penstock::control
