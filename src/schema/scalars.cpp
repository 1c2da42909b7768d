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

}  // namespace

std::vector<Scalar> scalars(const OptionTable& root) {
    std::vector<Scalar> all;
    for (const ChildTable& child : root.children) {
        if (child.shape != TableShape::one) continue;
        for (const Option& option : child.table->options) {
            if (option.binding.type == OptionType::text_map) continue;
            std::string path = std::string{child.key} + "." + std::string{option.name};
            std::string environment = environment_name(path);
            all.push_back({std::move(path), std::move(environment), &child, &option});
        }
    }
    return all;
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
        option.binding.set(scalar.table->make(object), *value);
    }
    return findings;
}

}  // namespace penstock::schema
