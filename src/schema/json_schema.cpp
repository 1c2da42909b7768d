#include "penstock/base/json_text.h"
#include "penstock/schema/documents.h"
#include "penstock/schema/value_text.h"

namespace penstock::schema {

namespace {

constexpr std::string_view k_duration_pattern =
    "^(0|([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$";
constexpr std::string_view k_size_pattern = "^(0|[0-9]+(B|KiB|MiB|GiB|TiB))$";

/// Writes an indented JSON document, one member a line.
class JsonWriter {
public:
    void open(char bracket) {
        out_ += bracket;
        first_ = true;
        ++depth_;
    }
    void close(char bracket) {
        --depth_;
        if (!first_) line();
        first_ = false;
        out_ += bracket;
    }
    void key(std::string_view name) {
        if (!first_) out_ += ',';
        first_ = false;
        line();
        append_json_string(out_, name);
        out_ += ": ";
    }
    /// `json` is JSON already.
    void member(std::string_view name, std::string_view json) {
        key(name);
        out_ += json;
    }
    void text_member(std::string_view name, std::string_view text) {
        member(name, json_string(text));
    }
    std::string take() { return std::move(out_) + "\n"; }

private:
    void line() {
        out_ += '\n';
        out_.append(2 * depth_, ' ');
    }

    std::string out_;
    std::size_t depth_ = 0;
    bool first_ = true;
};

std::string list_of(std::span<const std::string_view> words) {
    std::string text = "[";
    for (const std::string_view word : words) {
        if (text.size() > 1) text += ", ";
        append_json_string(text, word);
    }
    return text + "]";
}

std::string description(const Option& option) {
    std::string text{option.sentence};
    text += " Allowed: " + allowed_text(option) + ".";
    if (!option.empty.empty()) text += " Empty: " + std::string{option.empty} + ".";
    if (option.reload == Reload::restart) text += " A change takes a restart.";
    return text;
}

void write_type(JsonWriter& json, const Option& option) {
    const OptionType type = option.binding.type;
    switch (type) {
        case OptionType::boolean:
            return json.text_member("type", "boolean");
        case OptionType::integer:
        case OptionType::number: {
            json.text_member("type", type_text(type));
            const double least = option.zero.empty() ? option.range.least : 0;
            json.member("minimum", bound_text(type, least));
            return json.member("maximum", bound_text(type, option.range.most));
        }
        case OptionType::choice:
            return json.member("enum", list_of(option.binding.words));
        case OptionType::text:
            return json.text_member("type", "string");
        case OptionType::duration:
        case OptionType::size:
            json.text_member("type", "string");
            return json.text_member(
                "pattern", type == OptionType::duration ? k_duration_pattern : k_size_pattern);
        case OptionType::text_list:
            json.text_member("type", "array");
            return json.member("items", "{ \"type\": \"string\" }");
        case OptionType::text_map:
            json.text_member("type", "object");
            return json.member("additionalProperties", "{ \"type\": \"string\" }");
    }
}

void write_option(JsonWriter& json, const OptionTable& table, const Option& option) {
    json.key(option.name);
    json.open('{');
    write_type(json, option);
    const bool map = option.binding.type == OptionType::text_map;  // whose TOML is no JSON
    if (option.need == Need::optional) {
        json.member("default", map ? "{}" : toml_text(default_of(table, option)));
    }
    json.text_member("description", description(option));
    json.close('}');
}

void write_required(JsonWriter& json, const OptionTable& table) {
    std::vector<std::string_view> names;
    for (const Option& option : table.options) {
        if (option.need == Need::required) names.push_back(option.name);
    }
    if (!names.empty()) json.member("required", list_of(names));
}

void write_table(JsonWriter& json, const OptionTable& table);

void write_child(JsonWriter& json, const ChildTable& child) {
    json.key(child.key);
    json.open('{');
    if (child.shape == TableShape::list) {
        json.text_member("type", "array");
        json.member("maxItems", std::to_string(child.most));
        json.key("items");
        json.open('{');
        write_table(json, *child.table);
        json.close('}');
    } else {
        write_table(json, *child.table);
    }
    json.close('}');
}

void write_table(JsonWriter& json, const OptionTable& table) {
    json.text_member("type", "object");
    json.text_member("description", table.sentence);
    json.member("additionalProperties", "false");
    write_required(json, table);
    json.key("properties");
    json.open('{');
    for (const Option& option : table.options) write_option(json, table, option);
    for (const ChildTable& child : table.children) write_child(json, child);
    json.close('}');
}

}  // namespace

std::string json_schema_of(const OptionTable& root, std::string_view title) {
    JsonWriter json;
    json.open('{');
    json.text_member("$schema", "http://json-schema.org/draft-07/schema#");
    json.text_member("title", title);
    write_table(json, root);
    json.close('}');
    return json.take();
}

}  // namespace penstock::schema
