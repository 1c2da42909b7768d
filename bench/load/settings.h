// What a load is to be like.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire.h"

namespace penstock::bench {

constexpr std::string_view k_path = "/v1/chat/completions";

struct LoadSettings {
    HostPort target;
    bool streams = true;
    std::size_t connections = 100;
    std::size_t h2 = 0;  // exchanges at a time on each connection, over HTTP/2; 0: HTTP/1.1
    bool tls = false;    // whoever has the certificate
    double rate = 0;     // requests a second over all connections; 0: closed loop
    std::size_t body_bytes = 2'048;
    std::uint64_t tokens = 500;  // of a stream
    std::size_t prefixes = 16;   // different prompts; each request has an end of its own
    double warmup_seconds = 1;   // not measured
    double seconds = 10;
    std::uint64_t requests = 0;  // begins no more than so many and ends with the last; 0: no limit
    std::uint64_t opening = 0;   // streams, at most, that wait for their first token; 0: no limit
    std::uint64_t announce = 0;  // a line for each so many answers; streams, not 0: see `Load::run`

    /// Exchanges at a time on a connection.
    [[nodiscard]] std::size_t places() const noexcept { return h2 > 0 ? h2 : 1; }
};

}  // namespace penstock::bench
