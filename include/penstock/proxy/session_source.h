// What tells that requests belong together: the places where a session's name may stand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/engine/inspect.h"

namespace penstock::proxy {

struct SessionSource {
    enum class Kind : std::uint8_t { header, cookie, body };

    std::string text;  // as it is written
    Kind kind = Kind::body;
    std::string name;                                           // of the header or cookie
    engine::SessionKey key = engine::SessionKey::conversation;  // of the body
    friend bool operator==(const SessionSource&, const SessionSource&) = default;
};

/// "header:X-Session-Id", "cookie:sid", or a name of the body: "session_id", "prompt_cache_key",
/// "conversation", "safety_identifier", "user", "metadata.user_id". The conversation is also what
/// `previous_response_id` and a path with a response's id lead to. Errors: invalid_value.
[[nodiscard]] Result<SessionSource> parse_session_source(std::string_view text);

}  // namespace penstock::proxy
