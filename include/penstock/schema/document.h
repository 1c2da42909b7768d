// A TOML file as a tree whose every key and value knows its place. Pure.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace penstock::schema {

/// 1-based; columns count code points. Line 0: no place.
struct Place {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): the 0 that a rewritten `<` compares with
    friend auto operator<=>(const Place&, const Place&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Place& place) {
        return out << place.line << ':' << place.column;
    }
};

/// Something wrong at a place.
struct Finding {
    Place place;
    std::string message;
    std::string hint;  // may be empty
};

enum class NodeKind : std::uint8_t { text, integer, number, boolean, date_or_time, list, table };

/// "an integer", "a list": for messages.
[[nodiscard]] std::string_view with_article(NodeKind kind) noexcept;

struct Entry;

struct Node {
    NodeKind kind = NodeKind::table;
    Place place;
    std::string text;
    std::int64_t integer = 0;
    double number = 0;
    bool boolean = false;
    std::vector<Node> items;     // of a list
    std::vector<Entry> entries;  // of a table, in the file's order
};

struct Entry {
    std::string key;
    Place place;  // of the key
    Node value;
};

/// Bounds of what is read; beyond them the file is refused.
inline constexpr std::size_t k_document_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t k_key_parts = 8;  // in "a.b.c"

/// The file's root table, or the first place at which it is no TOML.
[[nodiscard]] std::variant<Node, Finding> parse_toml(std::string_view text);

}  // namespace penstock::schema
