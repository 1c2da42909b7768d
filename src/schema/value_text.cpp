#include "penstock/schema/value_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "penstock/base/json_text.h"
#include "penstock/base/unit_text.h"

namespace penstock::schema {

namespace {

/// The shortest digits that read back as `value`, always with a point.
std::string number_text(double value) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    std::string text{digits.data(), end};
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string whole_text(double value) {
    return std::to_string(static_cast<std::uint64_t>(value));
}

struct ToToml {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return number_text(value); }
    std::string operator()(const std::string& value) const { return json_string(value); }
    std::string operator()(Millis value) const { return json_string(duration_text(value)); }
    std::string operator()(Bytes value) const { return json_string(size_text(value)); }
    std::string operator()(const std::vector<std::string>& value) const {
        std::string text = "[";
        for (const std::string& item : value) {
            if (text.size() > 1) text += ", ";
            append_json_string(text, item);
        }
        return text + "]";
    }
    std::string operator()(const std::map<std::string, std::string>& value) const {
        std::string text = "{";
        for (const auto& [name, item] : value) {
            text += text.size() > 1 ? ", " : " ";
            append_json_string(text, name);
            text += " = ";
            append_json_string(text, item);
        }
        return text.size() > 1 ? text + " }" : "{}";
    }
};

std::string range_text(const Option& option) {
    const OptionType type = option.binding.type;
    return " from " + bound_text(type, option.range.least) + " to " +
           bound_text(type, option.range.most);
}

std::string words_text(std::span<const std::string_view> words) {
    std::string text;
    for (std::size_t n = 0; n < words.size(); ++n) {
        if (n > 0) text += n + 1 == words.size() ? " or " : ", ";
        append_json_string(text, words[n]);
    }
    return text;
}

std::string item_text(const Option& option) {
    if (option.format == nullptr) return "";
    return " (" + std::string{option.format->name} + ")";
}

}  // namespace

std::string toml_text(const OptionValue& value) {
    return std::visit(ToToml{}, value);
}

std::string_view type_text(OptionType type) noexcept {
    switch (type) {
        case OptionType::boolean:
            return "boolean";
        case OptionType::integer:
            return "integer";
        case OptionType::number:
            return "number";
        case OptionType::text:
            return "text";
        case OptionType::choice:
            return "choice";
        case OptionType::duration:
            return "duration";
        case OptionType::size:
            return "size";
        case OptionType::text_list:
            return "list of text";
        case OptionType::text_map:
            return "table of text";
    }
    return "";
}

std::string bound_text(OptionType type, double bound) {
    if (type == OptionType::duration) return duration_text(Millis{static_cast<Millis::rep>(bound)});
    if (type == OptionType::size) return size_text(Bytes{static_cast<std::uint64_t>(bound)});
    return type == OptionType::number ? number_text(bound) : whole_text(bound);
}

std::string allowed_text(const Option& option) {
    std::string text;
    switch (option.binding.type) {
        case OptionType::boolean:
            return "true or false";
        case OptionType::choice:
            return words_text(option.binding.words);
        case OptionType::text:
            return "a string" + item_text(option);
        case OptionType::text_list:
            return "a list of strings" + item_text(option);
        case OptionType::text_map:
            return "a table of strings" + item_text(option);
        case OptionType::integer:
            text = "an integer" + range_text(option);
            break;
        case OptionType::number:
            text = "a number" + range_text(option);
            break;
        case OptionType::duration:
            text = "a duration" + range_text(option);
            break;
        case OptionType::size:
            text = "a size" + range_text(option);
            break;
    }
    if (!option.zero.empty()) text += ", or 0 (" + std::string{option.zero} + ")";
    return text;
}

OptionValue default_of(const OptionTable& table, const Option& option) {
    return option.binding.get(table.defaults());
}

bool sensitive(std::string_view name) {
    constexpr std::array<std::string_view, 6> k_parts{"auth",   "cookie", "key",
                                                      "secret", "token",  "password"};
    std::string lower{name};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::any_of(k_parts.begin(), k_parts.end(), [&](std::string_view part) {
        return lower.find(part) != std::string::npos;
    });
}

}  // namespace penstock::schema
