// How a head is judged when it comes in parts: the same way the server does it.
#pragma once

#include <string_view>

#include "parsed_head.h"

namespace penstock::h1 {

/// The verdict on `text` when its first `split` bytes come before the rest.
inline Result<http::RequestHead> parse_in_two(std::string_view text, std::size_t split,
                                              const HeadLimits& limits) {
    std::size_t searched = 0;
    const std::string_view first = text.substr(0, split);
    if (const std::size_t length = find_head_end(first, searched); length > 0) {
        return parse_request(first.substr(0, length), limits);
    }
    if (!first.empty()) {
        if (const Result<void> partial = check_partial_request(first, limits); !partial)
            return partial.error();
    }
    if (const std::size_t length = find_head_end(text, searched); length > 0) {
        return parse_request(text.substr(0, length), limits);
    }
    if (const Result<void> partial = check_partial_request(text, limits); !partial)
        return partial.error();
    return ErrorCode::head_timeout;  // still incomplete: the server would wait
}

}  // namespace penstock::h1
