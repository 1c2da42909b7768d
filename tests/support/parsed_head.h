// A head as a value, where the way it is kept in the server and the client does not matter.
#pragma once

#include <string_view>

#include "penstock/h1/parser.h"

namespace penstock::h1 {

inline Result<http::RequestHead> parse_request(std::string_view text, const HeadLimits& limits) {
    http::RequestHead head;
    if (const Result<void> parsed = parse_request(text, limits, head); !parsed)
        return parsed.error();
    return head;
}

inline Result<http::ResponseHead> parse_response(std::string_view text, http::Method method,
                                                 const HeadLimits& limits = k_response_limits) {
    http::ResponseHead head;
    if (const Result<void> parsed = parse_response(text, method, limits, head); !parsed)
        return parsed.error();
    return head;
}

}  // namespace penstock::h1
