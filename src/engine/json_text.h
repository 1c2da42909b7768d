// JSON strings' escapes. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::engine {

/// One decoded escape: up to four bytes of UTF-8.
struct DecodedEscape {
    std::array<char, 4> bytes{};
    std::uint8_t size = 0;
    [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), size}; }
};

/// Decodes the escape that `rest` begins with (a backslash) and removes it from `rest`. Never
/// fails: half of a surrogate pair and a malformed `\u` give U+FFFD, an unknown escape its own
/// character. Removes at least one byte.
[[nodiscard]] DecodedEscape take_escape(std::string_view& rest) noexcept;

/// Replaces `out` by the decoded content, at most `size_max` bytes of it (cut there).
void decode_string(std::string_view raw, std::size_t size_max, std::string& out);

/// True when `raw` decodes to `plain`. Allocates nothing.
[[nodiscard]] bool string_equals(std::string_view raw, std::string_view plain) noexcept;

/// The first of `table` whose `.name` the key decodes to, or null.
template <class Named, std::size_t size>
[[nodiscard]] const Named* find_key(const std::array<Named, size>& table,
                                    std::string_view raw) noexcept {
    // Keys are seldom escaped: to look once spares each comparison the search.
    const bool escaped = raw.find('\\') != std::string_view::npos;
    for (const Named& known : table) {
        if (escaped ? string_equals(raw, known.name) : raw == known.name) return &known;
    }
    return nullptr;
}

}  // namespace penstock::engine
