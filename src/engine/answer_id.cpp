#include "penstock/engine/inspect.h"

namespace penstock::engine {

namespace {

std::string_view without_blanks(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

}  // namespace

std::string_view answer_id(std::string_view head) noexcept {
    constexpr std::string_view k_key = "\"id\"";
    const std::size_t at = head.find(k_key);
    if (at == std::string_view::npos) return {};
    std::string_view rest = without_blanks(head.substr(at + k_key.size()));
    if (!rest.starts_with(':')) return {};
    rest = without_blanks(rest.substr(1));
    if (!rest.starts_with('"')) return {};
    rest.remove_prefix(1);
    const std::size_t end = rest.find_first_of("\"\\");
    const bool plain = end != std::string_view::npos && rest[end] == '"' && end <= k_name_max;
    return plain ? rest.substr(0, end) : std::string_view{};
}

}  // namespace penstock::engine
