// URLs of backends: "http://host:port/base", the same with https, and "unix:/path".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/error.h"

namespace penstock {

struct Url {
    std::string host;  // without brackets
    std::uint16_t port = 0;
    bool https = false;
    std::string unix_path;  // not empty: a unix socket
    std::string base_path;  // without trailing slash; may be empty
    friend bool operator==(const Url&, const Url&) = default;
};

/// Errors: invalid_value with a sentence that says what to write instead, and shows no userinfo.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// What is meant as one URL, with a star for each character of its userinfo: people put passwords
/// there. For messages; also for text that is no good URL, so all up to the last `@` is hidden.
[[nodiscard]] std::string hide_userinfo(std::string_view url);

/// The same for each URL in a line of a file or of a message. One in quotes ends with them, another
/// with white space. Columns of the line stay as they were.
[[nodiscard]] std::string hide_userinfo_in(std::string_view line);

}  // namespace penstock
