// Labels that routes ask for and nobody has.
#include <algorithm>
#include <optional>

#include "penstock/base/near_miss.h"
#include "penstock/fleet/labels.h"
#include "validate.h"

namespace penstock::app {

namespace {

using Labels = std::map<std::string, std::string>;

/// Of each backend of the pool, and of those that discovery may find.
std::vector<Labels> labels_in(const PoolConfig& pool) {
    std::vector<Labels> all;
    for (const BackendConfig& backend : pool.backends) {
        all.push_back(backend.labels);
        all.back().insert(pool.labels.begin(), pool.labels.end());
    }
    if (!pool.discover.empty()) all.push_back(pool.labels);
    return all;
}

std::optional<fleet::LabelConditions> conditions_of(const Labels& wanted) {
    fleet::LabelConditions conditions;
    for (const auto& [name, text] : wanted) {
        const auto patterns = fleet::parse_label_patterns(text);
        if (!patterns.has_value()) return std::nullopt;  // told already
        conditions.push_back({name, *patterns});
    }
    return conditions;
}

std::string hint_of(const std::string& word, const std::vector<std::string_view>& known) {
    const std::string_view near = near_miss(word, known);
    return near.empty() ? "" : "did you mean \"" + std::string{near} + "\"?";
}

struct Lack {
    std::string message;
    std::string hint;
};

/// Why nobody meets this condition; nothing where somebody does.
std::optional<Lack> lack_of(const fleet::LabelCondition& condition, const std::vector<Labels>& all,
                            const std::string& pool) {
    std::vector<std::string_view> names;
    std::vector<std::string_view> values;
    for (const Labels& labels : all) {
        if (fleet::bears(labels, condition)) return std::nullopt;
        for (const auto& [name, value] : labels) {
            names.push_back(name);
            if (name == condition.name) values.push_back(value);
        }
    }
    const std::string nobody = "no backend of pool \"" + pool + "\" has ";
    if (values.empty()) {
        return Lack{nobody + "a label \"" + condition.name + "\"", hint_of(condition.name, names)};
    }
    return Lack{nobody + fleet::text_of({condition}), hint_of(condition.patterns.front(), values)};
}

bool any_bears_all(const fleet::LabelConditions& conditions, const std::vector<Labels>& all) {
    return std::any_of(all.begin(), all.end(), [&](const Labels& labels) {
        return std::all_of(conditions.begin(), conditions.end(),
                           [&](const auto& condition) { return fleet::bears(labels, condition); });
    });
}

}  // namespace

void validate_labels(const Config& config, const RouteConfig& route, const std::string& path,
                     Problems& problems) {
    const auto pool = std::find_if(config.pools.begin(), config.pools.end(),
                                   [&](const PoolConfig& each) { return each.name == route.pool; });
    if (pool == config.pools.end()) return;  // told already
    const std::vector<Labels> all = labels_in(*pool);
    const auto required = conditions_of(route.require_labels);
    const auto preferred = conditions_of(route.prefer_labels);
    if (!required || !preferred) return;
    bool lacking = false;
    for (const fleet::LabelCondition& condition : *required) {
        const auto lack = lack_of(condition, all, pool->name);
        if (!lack) continue;
        lacking = true;
        problems.error(path + ".require_labels", lack->message, lack->hint);
    }
    if (!lacking && !required->empty() && !any_bears_all(*required, all)) {
        problems.error(path + ".require_labels", "no backend of pool \"" + pool->name +
                                                     "\" has all of " + fleet::text_of(*required) +
                                                     ": the route could serve nothing");
    }
    for (const fleet::LabelCondition& condition : *preferred) {
        const auto lack = lack_of(condition, all, pool->name);
        if (lack) problems.warning(path + ".prefer_labels", lack->message, lack->hint);
    }
}

}  // namespace penstock::app
