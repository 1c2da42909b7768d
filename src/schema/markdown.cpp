#include <algorithm>
#include <map>

#include "penstock/schema/documents.h"
#include "penstock/schema/read.h"
#include "penstock/schema/value_text.h"

namespace penstock::schema {

namespace {

/// `|` would end a cell.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string{"\\|"} : std::string{c};
    return out;
}

std::string code(std::string_view text) {
    return "`" + cell(text) + "`";
}

std::string default_cell(const OptionTable& table, const Option& option) {
    if (option.need == Need::required) return "must be given";
    return code(toml_text(default_of(table, option)));
}

std::string sentence_cell(const Option& option) {
    std::string text{option.sentence};
    if (!option.empty.empty()) text += " Empty: " + std::string{option.empty} + ".";
    if (option.format != nullptr) {
        text += " Example: " + std::string{"`"} + std::string{option.format->example} + "`.";
    }
    return cell(text);
}

std::string words_cell(const Option& option) {
    if (option.binding.type != OptionType::choice) return cell(allowed_text(option));
    std::string text;
    for (const std::string_view word : option.binding.words) {
        if (!text.empty()) text += ", ";
        text += code(toml_text(std::string{word}));
    }
    return text;
}

class Writer {
public:
    explicit Writer(const OptionTable& root) {
        for (const Scalar& scalar : scalars(root)) {
            environment_[scalar.option] = scalar.environment;
        }
    }

    void table(const ChildTable& child) {
        const OptionTable& described = *child.table;
        out_ += "\n## `" + table_title(child) + "`\n\n" + std::string{described.sentence} + "\n";
        if (child.shape == TableShape::list) {
            out_ += "At most " + std::to_string(child.most) + ".\n";
        }
        if (!described.options.empty()) options(described);
        for (const ChildTable& each : described.children) table(each);
    }

    std::string take() { return std::move(out_); }

private:
    void options(const OptionTable& described) {
        const bool set_by_environment =
            std::any_of(described.options.begin(), described.options.end(),
                        [&](const Option& option) { return environment_.contains(&option); });
        out_ +=
            "\n| option | value | default | a change takes | what it does |\n"
            "|---|---|---|---|---|\n";
        for (const Option& option : described.options) {
            out_ += "| " + code(option.name) + " | " + words_cell(option) + " | " +
                    default_cell(described, option) + " | " +
                    (option.reload == Reload::live ? "a reload" : "a restart") + " | " +
                    sentence_cell(option) + " |\n";
        }
        if (set_by_environment) names(described);
    }

    void names(const OptionTable& described) {
        out_ += "\nEnvironment: ";
        bool first = true;
        for (const Option& option : described.options) {
            const auto found = environment_.find(&option);
            if (found == environment_.end()) continue;
            if (!first) out_ += ", ";
            first = false;
            out_ += code(found->second);
        }
        out_ += ".\n";
    }

    std::map<const Option*, std::string> environment_;
    std::string out_;
};

}  // namespace

std::string markdown_reference(const OptionTable& root, std::string_view introduction) {
    Writer writer{root};
    for (const ChildTable& child : root.children) writer.table(child);
    return std::string{introduction} + writer.take();
}

}  // namespace penstock::schema
