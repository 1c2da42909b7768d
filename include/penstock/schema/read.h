// From a document to an object, by the tables that describe its options. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/option.h"
#include "penstock/schema/document.h"

namespace penstock::schema {

/// What reading left behind besides the object.
struct Reading {
    std::vector<Finding> findings;
    /// Where each value, list item, map entry and table stands: "server.workers",
    /// "pool[0].models[2]", "pool[0]".
    std::map<std::string, Place> places;
    /// Lists of tables of which a part could not be read.
    std::set<std::string> broken;
};

/// Sets in `object`, which `root` describes, what `document` gives, and collects everything that is
/// wrong: unknown keys, types, ranges, missing options, too many tables. A wrong value leaves its
/// default.
void read_document(const OptionTable& root, void* object, const Node& document, Reading& out);

/// An option of a table that there is once: what the environment and flags can set.
struct Scalar {
    std::string path;                    // "server.workers"
    std::string environment;             // "PENSTOCK_SERVER_WORKERS"
    std::vector<const ChildTable*> way;  // from the root's child to the option's table
    const Option* option = nullptr;

    /// The option's table in the root's object.
    [[nodiscard]] void* owner(void* object) const;
    [[nodiscard]] const void* owner(const void* object) const;
};
[[nodiscard]] std::vector<Scalar> scalars(const OptionTable& root);

/// The tables that have such options, as people may read them: "server, server.http2 or log".
[[nodiscard]] std::string scalar_tables(const OptionTable& root);

/// Sets one option from text. Returns what is wrong with it; nothing is set then.
[[nodiscard]] std::vector<Finding> set_scalar(const Scalar& scalar, void* object,
                                              std::string_view text);

/// An effective value as TOML, what is secret of it as ***.
struct Value {
    std::string path;
    std::string text;
};
/// Every option of `object` and of its tables, in the order of the descriptions; of a map each
/// entry.
[[nodiscard]] std::vector<Value> effective_values(const OptionTable& root, const void* object);

/// The options that need a restart and differ, by path. Looks at tables that there are once.
[[nodiscard]] std::vector<std::string> restart_differences(const OptionTable& root, const void* a,
                                                           const void* b);

/// All options that differ, by path. Of a table that only one of the two has, its path with "
/// (new)" or " (gone)". Tells no values.
[[nodiscard]] std::vector<std::string> differences(const OptionTable& root, const void* a,
                                                   const void* b);

/// "[server]", "[[pool]]", "[pool.poll]".
[[nodiscard]] std::string table_title(const ChildTable& table);

}  // namespace penstock::schema
