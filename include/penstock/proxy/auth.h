// API keys, known by their SHA-256 only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
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
    /// The name of a known key in `Authorization: Bearer` or `x-api-key`, empty where the file
    /// names none; nothing for an unknown key, which takes the same time whichever it is.
    [[nodiscard]] std::optional<std::string_view> holder(const http::RequestHead& head) const;

private:
    struct Key {
        std::array<unsigned char, 32> digest;
        std::string name;
    };
    std::vector<Key> keys_;
    bool on_ = false;
};

}  // namespace penstock::proxy
