// White space of HTTP around a value.
#pragma once

#include <string_view>

namespace penstock {

/// `text` without the blanks and tabs at its ends (OWS of RFC 9110 5.6.3). Thread: any.
[[nodiscard]] constexpr std::string_view trim_blanks(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace penstock
