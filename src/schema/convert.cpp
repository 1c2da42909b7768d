#include "convert.h"

#include <charconv>
#include <cmath>

#include "penstock/base/near_miss.h"
#include "penstock/base/unit_text.h"
#include "penstock/schema/value_text.h"

namespace penstock::schema {

namespace {

using Findings = std::vector<Finding>;
using Converted = std::optional<OptionValue>;

std::string quoted(std::string_view text) {
    return toml_text(std::string{text});
}

Converted wrong_type(const Option& option, const Node& node, Findings& findings) {
    findings.push_back({node.place,
                        quoted(option.name) + " must be " + allowed_text(option) + ", not " +
                            std::string{with_article(node.kind)},
                        ""});
    return std::nullopt;
}

bool within(const Option& option, double value) noexcept {
    if (value == 0 && !option.zero.empty()) return true;
    return value >= option.range.least && value <= option.range.most;
}

/// `written`: the value as it stands in the file.
std::nullopt_t out_of_range(const Option& option, const Node& node, const std::string& written,
                            Findings& findings) {
    findings.push_back(
        {node.place,
         quoted(option.name) + " is " + written + "; it must be " + allowed_text(option), ""});
    return std::nullopt;
}

bool good_text(const Option& option, const Node& node, Findings& findings) {
    if (node.kind != NodeKind::text) {
        const bool one = option.binding.type == OptionType::text;
        findings.push_back({node.place,
                            (one ? quoted(option.name) : "each value of " + quoted(option.name)) +
                                " must be a string, not " + std::string{with_article(node.kind)},
                            ""});
        return false;
    }
    if (node.text.size() > k_text_bytes) {
        findings.push_back(
            {node.place, quoted(option.name) + " holds a string of more than 4096 bytes", ""});
        return false;
    }
    // An empty text stands for "not given" where its description says so.
    const bool not_given = node.text.empty() && !option.empty.empty();
    if (option.format == nullptr || (not_given && option.binding.type == OptionType::text)) {
        return true;
    }
    const Result<void> good = option.format->check(node.text);
    if (good.has_value()) return true;
    findings.push_back(
        {node.place, quoted(option.name) + ": " + std::string{good.error().detail()}, ""});
    return false;
}

Converted convert_integer(const Option& option, const Node& node, Findings& findings) {
    if (node.kind != NodeKind::integer) return wrong_type(option, node, findings);
    if (!within(option, static_cast<double>(node.integer)))
        return out_of_range(option, node, std::to_string(node.integer), findings);
    return static_cast<std::uint64_t>(node.integer);
}

Converted convert_number(const Option& option, const Node& node, Findings& findings) {
    if (node.kind != NodeKind::integer && node.kind != NodeKind::number) {
        return wrong_type(option, node, findings);
    }
    const double value =
        node.kind == NodeKind::integer ? static_cast<double>(node.integer) : node.number;
    const std::string written = std::isfinite(value) ? toml_text(value) : "not finite";
    if (!within(option, value)) return out_of_range(option, node, written, findings);
    return value;
}

/// Durations and sizes: strings, since a bare number hides its unit.
template <class T>
Converted convert_quantity(const Option& option, const Node& node,
                           Result<T> (*parse)(std::string_view), Findings& findings) {
    if (node.kind == NodeKind::integer || node.kind == NodeKind::number) {
        const bool time = option.binding.type == OptionType::duration;
        (void)wrong_type(option, node, findings);
        if (node.kind == NodeKind::number) return std::nullopt;
        const std::string whole = std::to_string(node.integer);
        const std::string seconds = quoted(whole + "s") + " or " + quoted(whole + "ms");
        findings.back().hint =
            "write the unit, in quotes: " + (time ? seconds : quoted(whole + "B"));
        return std::nullopt;
    }
    if (node.kind != NodeKind::text) return wrong_type(option, node, findings);
    const Result<T> value = parse(node.text);
    if (!value.has_value()) {
        findings.push_back(
            {node.place, quoted(option.name) + ": " + std::string{value.error().detail()}, ""});
        return std::nullopt;
    }
    double count = 0;
    if constexpr (std::is_same_v<T, Millis>) {
        count = static_cast<double>(value->count());
    } else {
        count = static_cast<double>(value->count);
    }
    if (!within(option, count)) return out_of_range(option, node, quoted(node.text), findings);
    return *value;
}

Converted convert_choice(const Option& option, const Node& node, Findings& findings) {
    if (node.kind != NodeKind::text) return wrong_type(option, node, findings);
    for (const std::string_view word : option.binding.words) {
        if (word == node.text) return node.text;
    }
    const std::string_view near = near_miss(node.text, option.binding.words);
    findings.push_back(
        {node.place,
         quoted(option.name) + " is " + quoted(node.text) + "; it must be " + allowed_text(option),
         near.empty() ? "" : "did you mean " + quoted(near) + "?"});
    return std::nullopt;
}

Converted convert_list(const Option& option, const Node& node, Findings& findings) {
    if (node.kind != NodeKind::list) {
        (void)wrong_type(option, node, findings);
        if (node.kind == NodeKind::text) {
            findings.back().hint =
                "write " + std::string{option.name} + " = [" + quoted(node.text) + "]";
        }
        return std::nullopt;
    }
    if (node.items.size() > k_items) {
        findings.push_back({node.place, quoted(option.name) + " holds more than 1024 strings", ""});
        return std::nullopt;
    }
    std::vector<std::string> texts;
    for (const Node& item : node.items) {
        if (good_text(option, item, findings)) texts.push_back(item.text);
    }
    if (texts.size() != node.items.size()) return std::nullopt;
    return texts;
}

Converted convert_map(const Option& option, const Node& node, Findings& findings) {
    if (node.kind != NodeKind::table) return wrong_type(option, node, findings);
    if (node.entries.size() > k_map_entries) {
        findings.push_back({node.place, quoted(option.name) + " holds more than 64 entries", ""});
        return std::nullopt;
    }
    std::map<std::string, std::string> texts;
    bool good = true;
    for (const Entry& entry : node.entries) {
        good = good_text(option, entry.value, findings) && good;
        texts.emplace(entry.key, entry.value.text);
    }
    if (!good) return std::nullopt;
    return texts;
}

Node text_node(std::string_view text) {
    Node node;
    node.kind = NodeKind::text;
    node.text = text;
    return node;
}

template <class T>
bool whole(std::string_view text, T& value) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end;
}

Node list_node(std::string_view text) {
    Node list;
    list.kind = NodeKind::list;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view item = text.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        list.items.push_back(text_node(item));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return list;
}

}  // namespace

Converted convert(const Option& option, const Node& node, Findings& findings) {
    switch (option.binding.type) {
        case OptionType::boolean:
            if (node.kind != NodeKind::boolean) return wrong_type(option, node, findings);
            return node.boolean;
        case OptionType::integer:
            return convert_integer(option, node, findings);
        case OptionType::number:
            return convert_number(option, node, findings);
        case OptionType::text:
            if (!good_text(option, node, findings)) return std::nullopt;
            return node.text;
        case OptionType::choice:
            return convert_choice(option, node, findings);
        case OptionType::duration:
            return convert_quantity<Millis>(option, node, parse_duration, findings);
        case OptionType::size:
            return convert_quantity<Bytes>(option, node, parse_size, findings);
        case OptionType::text_list:
            return convert_list(option, node, findings);
        case OptionType::text_map:
            return convert_map(option, node, findings);
    }
    return std::nullopt;
}

std::optional<Node> node_of_text(const Option& option, std::string_view text) {
    Node node = text_node(text);
    switch (option.binding.type) {
        case OptionType::boolean:
            if (text != "true" && text != "false") return std::nullopt;
            node.kind = NodeKind::boolean;
            node.boolean = text == "true";
            return node;
        case OptionType::integer:
            node.kind = NodeKind::integer;
            if (!whole(text, node.integer)) return std::nullopt;
            return node;
        case OptionType::number:
            node.kind = NodeKind::number;
            if (!whole(text, node.number)) return std::nullopt;
            return node;
        case OptionType::text_list:
            return list_node(text);
        case OptionType::text_map:
            return std::nullopt;
        default:
            return node;
    }
}

}  // namespace penstock::schema
