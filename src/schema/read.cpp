#include "penstock/schema/read.h"

#include <algorithm>
#include <set>

#include "convert.h"
#include "penstock/base/json_text.h"
#include "penstock/base/near_miss.h"

namespace penstock::schema {

namespace {

/// Titles of all tables under `root` that have an option `name`.
void collect_homes(const OptionTable& root, std::string_view name,
                   std::vector<std::string>& homes) {
    for (const ChildTable& child : root.children) {
        const auto& options = child.table->options;
        if (std::any_of(options.begin(), options.end(),
                        [&](const Option& option) { return option.name == name; })) {
            homes.push_back(table_title(child));
        }
        const auto& children = child.table->children;
        if (std::any_of(children.begin(), children.end(),
                        [&](const ChildTable& each) { return each.key == name; })) {
            homes.push_back(table_title(child));
        }
        collect_homes(*child.table, name, homes);
    }
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t n = 0; n < words.size(); ++n) {
        if (n > 0) text += n + 1 == words.size() ? " or " : ", ";
        text += words[n];
    }
    return text;
}

/// An object, and what its members are called in a file.
struct Target {
    const OptionTable& table;
    void* owner;
};

class Reader {
public:
    Reader(const OptionTable& root, Reading& out) : root_{root}, out_{out} {}

    /// `title` names the table in messages.
    void read(const Target& target, const Node& node, const std::string& path,
              const std::string& title) {
        const auto& [table, owner] = target;
        std::set<std::string_view> given;
        for (const Entry& entry : node.entries) {
            given.insert(entry.key);
            const std::string place = path.empty() ? entry.key : path + "." + entry.key;
            if (const Option* option = find_option(table, entry.key)) {
                read_option(*option, owner, entry, place);
            } else if (const ChildTable* child = find_child(table, entry.key)) {
                read_child(*child, owner, entry, place);
            } else {
                unknown(table, entry, title);
            }
        }
        for (const Option& option : table.options) {
            if (option.need == Need::optional || given.contains(option.name)) continue;
            add(node.place, title + " lacks " + json_string(option.name), "");
        }
    }

private:
    static const Option* find_option(const OptionTable& table, std::string_view name) {
        const auto found = std::find_if(table.options.begin(), table.options.end(),
                                        [&](const Option& each) { return each.name == name; });
        return found == table.options.end() ? nullptr : &*found;
    }

    static const ChildTable* find_child(const OptionTable& table, std::string_view key) {
        const auto found = std::find_if(table.children.begin(), table.children.end(),
                                        [&](const ChildTable& each) { return each.key == key; });
        return found == table.children.end() ? nullptr : &*found;
    }

    void read_option(const Option& option, void* owner, const Entry& entry,
                     const std::string& path) {
        note_places(entry.value, path);
        if (const auto value = convert(option, entry.value, out_.findings)) {
            option.binding.set(owner, *value);
        }
    }

    void note_places(const Node& node, const std::string& path) {
        out_.places.emplace(path, node.place);
        for (std::size_t n = 0; n < node.items.size(); ++n) {
            out_.places.emplace(path + "[" + std::to_string(n) + "]", node.items[n].place);
        }
        for (const Entry& entry : node.entries) {
            out_.places.emplace(path + "." + entry.key, entry.value.place);
        }
    }

    void read_child(const ChildTable& child, void* owner, const Entry& entry,
                    const std::string& path) {
        const std::string title = table_title(child);
        out_.places.emplace(path, entry.place);
        if (child.shape == TableShape::one) return read_one(child, owner, entry, path);
        if (entry.value.kind != NodeKind::list) {
            out_.broken.insert(path);
            return add(entry.place,
                       json_string(entry.key) + " must be a list of tables, not " +
                           std::string{with_article(entry.value.kind)},
                       "there can be several: write " + title);
        }
        if (entry.value.items.size() > child.most) {
            out_.broken.insert(path);
            return add(entry.value.items[child.most].place,
                       "more than " + std::to_string(child.most) + " times " + title, "");
        }
        for (std::size_t n = 0; n < entry.value.items.size(); ++n) {
            const Node& item = entry.value.items[n];
            if (item.kind != NodeKind::table) {
                out_.broken.insert(path);
                add(item.place,
                    "each of " + json_string(entry.key) + " must be a table, not " +
                        std::string{with_article(item.kind)},
                    table_hint(child, item));
                continue;
            }
            // Elements that are no tables leave gaps in the file's numbering, not in ours.
            const std::string at = path + "[" + std::to_string(child.size(owner)) + "]";
            out_.places.emplace(at, item.place);
            read({*child.table, child.make(owner)}, item, at, title);
        }
    }

    void read_one(const ChildTable& child, void* owner, const Entry& entry,
                  const std::string& path) {
        const std::string title = table_title(child);
        if (entry.value.kind != NodeKind::table) {
            const bool several = entry.value.kind == NodeKind::list;
            return add(entry.place,
                       json_string(entry.key) + " must be a table, not " +
                           std::string{with_article(entry.value.kind)},
                       several ? "there is only one: write " + title : "write " + title);
        }
        read({*child.table, child.make(owner)}, entry.value, path, title);
    }

    /// `backends = ["http://…"]` is what everybody writes first.
    static std::string table_hint(const ChildTable& child, const Node& item) {
        if (item.kind != NodeKind::text || child.table->options.empty()) return "";
        return "write { " + std::string{child.table->options.front().name} + " = " +
               json_string(item.text) + " }";
    }

    void unknown(const OptionTable& table, const Entry& entry, const std::string& title) {
        const bool is_table = entry.value.kind == NodeKind::table ||
                              (entry.value.kind == NodeKind::list && !entry.value.items.empty() &&
                               entry.value.items.front().kind == NodeKind::table);
        const std::string name = json_string(entry.key);
        std::string message = is_table ? "unknown table " + name : "unknown option " + name;
        if (!title.empty()) message += " in " + title;
        add(entry.place, std::move(message), hint_for(table, entry.key));
    }

    std::string hint_for(const OptionTable& table, const std::string& key) const {
        if (const ChildTable* top = find_child(root_, key)) {
            return "write " + table_title(*top) + " at the top level";
        }
        std::vector<std::string> homes;
        collect_homes(root_, key, homes);
        std::string hint = hint_within(table, key);
        if (homes.empty()) return hint;
        if (!hint.empty()) hint += " ";
        return hint + json_string(key) + " belongs in " + joined(homes);
    }

    /// What of this very table may be meant.
    static std::string hint_within(const OptionTable& table, const std::string& key) {
        std::vector<std::string_view> names;
        for (const Option& option : table.options) names.push_back(option.name);
        for (const ChildTable& child : table.children) names.push_back(child.key);
        const std::string_view near = near_miss(key, names);
        if (near.empty()) return "";
        const ChildTable* child = find_child(table, near);
        return "did you mean " + (child ? table_title(*child) : json_string(near)) + "?";
    }

    void add(Place place, std::string message, std::string hint) {
        out_.findings.push_back({place, std::move(message), std::move(hint)});
    }

    const OptionTable& root_;
    Reading& out_;
};

}  // namespace

std::string table_title(const ChildTable& table) {
    const std::string name{table.table->name};
    return table.shape == TableShape::list ? "[[" + name + "]]" : "[" + name + "]";
}

void read_document(const OptionTable& root, void* object, const Node& document, Reading& out) {
    Reader{root, out}.read({root, object}, document, "", "");
}

}  // namespace penstock::schema
