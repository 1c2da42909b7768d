#include "content_type.h"

#include <algorithm>

#include "penstock/base/ascii.h"
#include "penstock/base/trim.h"

namespace penstock::engine {
namespace {

/// Removes up to and with the next semicolon outside quotes; returns what was before it.
std::string_view take_part(std::string_view& rest) noexcept {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
        if (quoted && rest[at] == '\\') {
            ++at;
        } else if (rest[at] == '"') {
            quoted = !quoted;
        } else if (rest[at] == ';' && !quoted) {
            break;
        }
    }
    const std::string_view part = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return trim_blanks(part);
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower_case(x) == lower_case(y); });
}

bool is_media_type(std::string_view content_type, std::string_view type) noexcept {
    return equals_ignoring_case(trim_blanks(content_type.substr(0, content_type.find(';'))), type);
}

std::string_view parameter(std::string_view field, std::string_view key) noexcept {
    static_cast<void>(take_part(field));
    while (!field.empty()) {
        const std::string_view part = take_part(field);
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos) continue;
        if (!equals_ignoring_case(trim_blanks(part.substr(0, equals)), key)) continue;
        std::string_view value = trim_blanks(part.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        return value;
    }
    return {};
}

}  // namespace penstock::engine
