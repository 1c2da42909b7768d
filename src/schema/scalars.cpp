// What the environment and flags can set.
#include <cctype>

#include "convert.h"
#include "penstock/schema/read.h"
#include "penstock/schema/value_text.h"

namespace penstock::schema {

namespace {

std::string environment_name(std::string_view path) {
    std::string name = "PENSTOCK_";
    for (const char c : path) {
        name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

/// Lists of tables are left out, with all that is in them: nothing would name an element.
void append_scalars(const OptionTable& table, const std::string& prefix,
                    std::vector<const ChildTable*>& way, std::vector<Scalar>& out) {
    for (const ChildTable& child : table.children) {
        if (child.shape != TableShape::one) continue;
        const std::string path = prefix + std::string{child.key} + ".";
        way.push_back(&child);
        for (const Option& option : child.table->options) {
            if (option.binding.type == OptionType::text_map) continue;
            const std::string name = path + std::string{option.name};
            out.push_back({name, environment_name(name), way, &option});
        }
        append_scalars(*child.table, path, way, out);
        way.pop_back();
    }
}

}  // namespace

void* Scalar::owner(void* object) const {
    for (const ChildTable* child : way) object = child->make(object);
    return object;
}

const void* Scalar::owner(const void* object) const {
    for (const ChildTable* child : way) object = child->at(object, 0);
    return object;
}

std::vector<Scalar> scalars(const OptionTable& root) {
    std::vector<Scalar> all;
    std::vector<const ChildTable*> way;
    append_scalars(root, "", way, all);
    return all;
}

std::string scalar_tables(const OptionTable& root) {
    std::vector<std::string> tables;
    for (const Scalar& scalar : scalars(root)) {
        std::string table = scalar.path.substr(0, scalar.path.rfind('.'));
        if (tables.empty() || tables.back() != table) tables.push_back(std::move(table));
    }
    std::string text;
    for (std::size_t i = 0; i < tables.size(); ++i) {
        if (i > 0) text += i + 1 == tables.size() ? " or " : ", ";
        text += tables[i];
    }
    return text;
}

std::vector<Finding> set_scalar(const Scalar& scalar, void* object, std::string_view text) {
    std::vector<Finding> findings;
    const Option& option = *scalar.option;
    const std::optional<Node> node = node_of_text(option, text);
    if (!node) {
        findings.push_back({{},
                            toml_text(std::string{option.name}) + " is " +
                                toml_text(std::string{text}) + "; it must be " +
                                allowed_text(option),
                            ""});
        return findings;
    }
    if (const auto value = convert(option, *node, findings)) {
        option.binding.set(scalar.owner(object), *value);
    }
    return findings;
}

}  // namespace penstock::schema
