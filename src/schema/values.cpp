// Walks over an object by its descriptions: effective values, differences.
#include <algorithm>

#include "penstock/base/json_text.h"
#include "penstock/schema/read.h"
#include "penstock/schema/value_text.h"

namespace penstock::schema {

namespace {

void append_option(const Option& option, const void* owner, const std::string& path,
                   std::vector<Value>& out) {
    const OptionValue value = option.binding.get(owner);
    const auto* map = std::get_if<std::map<std::string, std::string>>(&value);
    if (map == nullptr || map->empty()) {
        out.push_back({path, toml_text(value)});
        return;
    }
    const std::string prefix = path + ".";
    for (const auto& [name, text] : *map) {
        const bool hidden = option.secrecy == Secrecy::sensitive_entries && sensitive(name);
        out.push_back({prefix + name, json_string(hidden ? k_hidden : std::string_view{text})});
    }
}

void append_table(const OptionTable& table, const void* owner, const std::string& path,
                  std::vector<Value>& out) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const Option& option : table.options) {
        append_option(option, owner, prefix + std::string{option.name}, out);
    }
    for (const ChildTable& child : table.children) {
        const std::string key = prefix + std::string{child.key};
        for (std::size_t n = 0; n < child.size(owner); ++n) {
            const bool list = child.shape == TableShape::list;
            const std::string at = list ? key + "[" + std::to_string(n) + "]" : key;
            append_table(*child.table, child.at(owner, n), at, out);
        }
    }
}

}  // namespace

std::vector<Value> effective_values(const OptionTable& root, const void* object) {
    std::vector<Value> values;
    append_table(root, object, "", values);
    return values;
}

std::vector<std::string> restart_differences(const OptionTable& root, const void* a,
                                             const void* b) {
    std::vector<std::string> paths;
    for (const Scalar& scalar : scalars(root)) {
        if (scalar.option->reload != Reload::restart) continue;
        const auto& get = scalar.option->binding.get;
        if (get(scalar.owner(a)) != get(scalar.owner(b))) paths.push_back(scalar.path);
    }
    return paths;
}

namespace {

struct Owners {
    const void* before;
    const void* after;
};

void add_differences(const OptionTable& table, Owners of, const std::string& path,
                     std::vector<std::string>& out) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const Option& option : table.options) {
        if (option.binding.get(of.before) != option.binding.get(of.after))
            out.push_back(prefix + std::string{option.name});
    }
    for (const ChildTable& child : table.children) {
        const std::size_t before = child.size(of.before);
        const std::size_t after = child.size(of.after);
        for (std::size_t n = 0; n < std::max(before, after); ++n) {
            std::string at = prefix + std::string{child.key};
            if (child.shape == TableShape::list) at += "[" + std::to_string(n) + "]";
            if (n >= before) {
                out.push_back(at + " (new)");
            } else if (n >= after) {
                out.push_back(at + " (gone)");
            } else {
                add_differences(*child.table, {child.at(of.before, n), child.at(of.after, n)}, at,
                                out);
            }
        }
    }
}

}  // namespace

std::vector<std::string> differences(const OptionTable& root, const void* a, const void* b) {
    std::vector<std::string> paths;
    add_differences(root, {a, b}, "", paths);
    return paths;
}

}  // namespace penstock::schema
