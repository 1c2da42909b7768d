// JSON as text, for answers whose strings may come from anywhere.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace penstock::mock_engine {

/// Keeps the order in which fields were given, as engines do.
using Json = nlohmann::ordered_json;

/// One line. Bytes that are no UTF-8 (a header's value) become U+FFFD.
[[nodiscard]] inline std::string to_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Parses a body. A discarded value: it is not JSON, or nested deeper than `k_json_depth_max`.
[[nodiscard]] Json parse_json(std::string_view text);

inline constexpr int k_json_depth_max = 100;  // writing a value recurses

}  // namespace penstock::mock_engine
