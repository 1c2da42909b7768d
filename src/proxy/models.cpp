#include "models.h"

#include <algorithm>
#include <set>

#include "penstock/base/json_text.h"
#include "penstock/base/trim.h"
#include "penstock/base/wildcard.h"
#include "penstock/engine/dialect.h"

namespace penstock::proxy {

bool configured(const Pool& pool, std::string_view model) {
    return std::any_of(pool.models.begin(), pool.models.end(),
                       [&](const std::string& pattern) { return matches_glob(pattern, model); });
}

bool lists(const fleet::LoadTable& table, const fleet::Backend& backend, std::string_view model) {
    const fleet::BackendState* state = fleet::state_of(table, backend.slot);
    return state != nullptr &&
           std::find(state->models.begin(), state->models.end(), model) != state->models.end();
}

bool anybody_lists(const Pool& pool, const fleet::LoadTable& table, std::string_view model) {
    return std::any_of(pool.backends.begin(), pool.backends.end(),
                       [&](const fleet::Backend& each) { return lists(table, each, model); });
}

bool serves(const Pool& pool, const fleet::LoadTable& table, std::string_view model) {
    return configured(pool, model) || names(pool, table, model);
}

bool names(const Pool& pool, const fleet::LoadTable& table, std::string_view model) {
    return std::find(pool.models.begin(), pool.models.end(), model) != pool.models.end() ||
           anybody_lists(pool, table, model);
}

bool any_pickable(const Pool& pool, const fleet::LoadTable& table) {
    return std::ranges::any_of(pool.backends, [&table](const fleet::Backend& backend) {
        const fleet::BackendState* state = fleet::state_of(table, backend.slot);
        return backend.weight > 0 && state != nullptr && !state->ejected &&
               state->health == fleet::Health::healthy;
    });
}

ReadName cut_name(std::string_view name) noexcept {
    const std::size_t colon = name.find(':');
    if (colon == std::string_view::npos) return {name, {}};
    return {trim_blanks(name.substr(0, colon)), trim_blanks(name.substr(colon + 1))};
}

ReadName read_name(const Pool& pool, const fleet::LoadTable& table, std::string_view name) {
    const bool whole = !cuts_names(pool.engine) || anybody_lists(pool, table, name);
    return whole ? ReadName{name, {}} : cut_name(name);
}

Listing listing_of(const Pool& pool, const fleet::LoadTable& table) {
    bool any = false;
    bool unknown = false;
    for (const fleet::Backend& backend : pool.backends) {
        const fleet::BackendState* state = fleet::state_of(table, backend.slot);
        const fleet::Health health = state != nullptr ? state->health : fleet::Health::unknown;
        if (state != nullptr && state->models_listed) {
            any = true;
        } else if (health == fleet::Health::healthy) {
            return Listing::awaited;
        } else if (health == fleet::Health::unknown) {
            unknown = true;
        }
    }
    if (any) return Listing::told;
    return unknown ? Listing::awaited : Listing::down;
}

std::vector<std::string> known_models(const Generation& generation,
                                      const std::vector<std::uint32_t>& pools,
                                      const fleet::LoadTable& table) {
    std::set<std::string> names;
    for (const std::uint32_t index : pools) {
        const Pool& pool = generation.pools[index];
        for (const std::string& pattern : pool.models) {
            if (pattern.find('*') == std::string::npos) names.insert(pattern);
        }
        for (const fleet::Backend& backend : pool.backends) {
            if (const fleet::BackendState* state = fleet::state_of(table, backend.slot)) {
                names.insert(state->models.begin(), state->models.end());
            }
        }
    }
    return {names.begin(), names.end()};
}

namespace {

void append_element(std::string& out, std::string_view text) {
    if (out.back() != '[') out += ',';
    out += text;
}

std::string made_element(std::string_view name, std::string_view pool) {
    std::string element = R"({"id":)";
    append_json_string(element, name);
    element += R"(,"object":"model","created":0,"owned_by":)";
    append_json_string(element, pool);
    return element += '}';
}

}  // namespace

std::string models_document(const Generation& generation, const fleet::LoadTable& table) {
    std::string out = R"({"object":"list","data":[)";
    std::set<std::string> told;
    for (const Pool& pool : generation.pools) {
        for (const fleet::Backend& backend : pool.backends) {
            const fleet::BackendState* state = fleet::state_of(table, backend.slot);
            if (state == nullptr || state->models.empty()) continue;
            const bool all_new =
                std::none_of(state->models.begin(), state->models.end(),
                             [&](const std::string& name) { return told.contains(name); });
            if (all_new && !state->models_json.empty()) append_element(out, state->models_json);
            for (const std::string& name : state->models) {
                const bool fresh = told.insert(name).second;
                if (fresh && (!all_new || state->models_json.empty())) {
                    append_element(out, made_element(name, pool.name));
                }
            }
        }
        for (const std::string& name : pool.models) {
            if (name.find('*') != std::string::npos || !told.insert(name).second) continue;
            append_element(out, made_element(name, pool.name));
        }
    }
    return out += "]}";
}

namespace {

/// An engine's own words of the model; empty: none of the pool's has told any.
std::string told_element(const Pool& pool, const fleet::LoadTable& table, std::string_view model) {
    for (const fleet::Backend& backend : pool.backends) {
        if (!lists(table, backend, model)) continue;
        const std::string& elements = fleet::state_of(table, backend.slot)->models_json;
        if (std::string element = engine::model_element(elements, model); !element.empty())
            return element;
    }
    return {};
}

}  // namespace

std::optional<std::string> model_document(const Generation& generation,
                                          const fleet::LoadTable& table, std::string_view model) {
    for (const Pool& pool : generation.pools) {
        if (!serves(pool, table, model)) continue;
        std::string element = told_element(pool, table, model);
        return element.empty() ? made_element(model, pool.name) : element;
    }
    return std::nullopt;
}

}  // namespace penstock::proxy
