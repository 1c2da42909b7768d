// URLs of backends: "http://host:port/base" and "unix:/path".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/error.h"

namespace penstock {

struct Url {
    std::string host;  // without brackets
    std::uint16_t port = 0;
    std::string unix_path;  // not empty: a unix socket
    std::string base_path;  // without trailing slash; may be empty
    friend bool operator==(const Url&, const Url&) = default;
};

/// Errors: invalid_value with a sentence that says what to write instead.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace penstock
