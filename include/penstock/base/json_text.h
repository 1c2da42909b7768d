// Writing JSON strings by hand, where a document model would cost too much.
#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// Appends `text` as a JSON string with its quotes. Any bytes will do: control characters (C1
/// too) and the separators U+2028 and U+2029 are escaped, and what is not UTF-8 becomes U+FFFD, so
/// that the result is always valid JSON on one line. Thread: any.
void append_json_string(std::string& out, std::string_view text);

/// The same as a value.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace penstock
