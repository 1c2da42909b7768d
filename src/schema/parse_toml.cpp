// The only file that knows toml++.
#include <algorithm>
#include <cctype>

#include <toml++/toml.h>

#include "long_key.h"
#include "penstock/schema/document.h"

namespace penstock::schema {

namespace {

Place place_of(const toml::source_position& position) {
    return {static_cast<std::uint32_t>(position.line), static_cast<std::uint32_t>(position.column)};
}

Node node_of(const toml::node& from);

void add_entries(Node& node, const toml::table& table) {
    for (const auto& [key, value] : table) {
        node.entries.push_back(
            {std::string{key.str()}, place_of(key.source().begin), node_of(value)});
    }
    // toml++ sorts by name.
    std::stable_sort(node.entries.begin(), node.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.place < b.place; });
}

Node node_of(const toml::node& from) {
    Node node;
    node.place = place_of(from.source().begin);
    if (const toml::table* table = from.as_table()) {
        add_entries(node, *table);
    } else if (const toml::array* array = from.as_array()) {
        node.kind = NodeKind::list;
        for (const toml::node& item : *array) node.items.push_back(node_of(item));
    } else if (const auto* text = from.as_string()) {
        node.kind = NodeKind::text;
        node.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
        node.kind = NodeKind::integer;
        node.integer = integer->get();
    } else if (const auto* number = from.as_floating_point()) {
        node.kind = NodeKind::number;
        node.number = number->get();
    } else if (const auto* boolean = from.as_boolean()) {
        node.kind = NodeKind::boolean;
        node.boolean = boolean->get();
    } else {
        node.kind = NodeKind::date_or_time;
    }
    return node;
}

/// toml++ says "Error while parsing key: expected …": what follows is enough for a person.
std::string plain_words(std::string_view description) {
    constexpr std::string_view k_head = "Error while parsing ";
    if (description.starts_with(k_head)) description.remove_prefix(k_head.size());
    return std::string{description};
}

/// `level = info` is the mistake behind most syntax errors.
std::string quotes_hint(std::string_view text, std::uint32_t line) {
    for (; line > 1 && !text.empty(); --line) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    text = text.substr(0, text.find_first_of("\r\n"));
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return "";
    text.remove_prefix(equals + 1);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const bool letter =
        !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0;
    if (!letter || text.starts_with("true") || text.starts_with("false")) return "";
    return "strings need quotes";
}

}  // namespace

std::string_view with_article(NodeKind kind) noexcept {
    switch (kind) {
        case NodeKind::text:
            return "a string";
        case NodeKind::integer:
            return "an integer";
        case NodeKind::number:
            return "a number";
        case NodeKind::boolean:
            return "a boolean";
        case NodeKind::date_or_time:
            return "a date or time";
        case NodeKind::list:
            return "a list";
        case NodeKind::table:
            return "a table";
    }
    return "";
}

std::variant<Node, Finding> parse_toml(std::string_view text) {
    if (text.size() > k_document_bytes) {
        return Finding{{}, "the file is larger than 1 MiB", ""};
    }
    // toml++ builds and destroys nested tables recursively, so a key of a hundred thousand parts
    // would end the process. Depth by brackets it bounds itself.
    if (const Place place = find_long_key(text); place.line > 0) {
        return Finding{place, "a key of more than 8 parts", ""};
    }
    try {
        return node_of(toml::parse(text));
    } catch (const toml::parse_error& error) {
        const Place place = place_of(error.source().begin);
        return Finding{place, "not valid TOML: " + plain_words(error.description()),
                       quotes_hint(text, place.line)};
    }
}

}  // namespace penstock::schema
