// API keys, known by their SHA-256 only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/http/head.h"

namespace penstock::proxy {

class ApiKeys {
public:
    /// One key per line: 64 hex digits, optionally a name behind white space; `#` begins a comment.
    /// Errors: invalid_value with the line's number.
    [[nodiscard]] static Result<ApiKeys> parse(std::string_view text);

    /// True when nobody needs a key.
    [[nodiscard]] bool off() const noexcept { return !on_; }
    /// True for a known key in `Authorization: Bearer` or `x-api-key`. Takes the same time for each
    /// unknown key.
    [[nodiscard]] bool admits(const http::RequestHead& head) const;

private:
    using Digest = std::array<unsigned char, 32>;
    std::vector<Digest> digests_;
    bool on_ = false;
};

}  // namespace penstock::proxy
