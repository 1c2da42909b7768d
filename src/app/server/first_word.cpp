#include "first_word.h"

namespace penstock::app {

namespace {

/// Whether requests can be told apart only by what the backends list.
bool needs_list(const proxy::Pool& pool) noexcept {
    return pool.models.empty() && pool.unknown_model == proxy::UnknownModel::refuse;
}

bool silent(const proxy::Pool& pool, const fleet::BackendState& state) noexcept {
    if (state.health == fleet::Health::unknown) return true;
    // A list that cannot be had is a word too.
    return state.health == fleet::Health::healthy && needs_list(pool) && !state.models_listed &&
           state.last_error.empty();
}

bool awaits_first_word(const proxy::Pool& pool, const fleet::LoadTable& table) noexcept {
    static const fleet::BackendState k_unheard;
    bool anybody_silent = false;
    for (const fleet::Backend& backend : pool.backends) {
        if (backend.weight <= 0) continue;
        const fleet::BackendState* known = fleet::state_of(table, backend.slot);
        const fleet::BackendState& state = known != nullptr ? *known : k_unheard;
        if (takes_requests(pool, state)) return false;
        anybody_silent = anybody_silent || silent(pool, state);
    }
    return anybody_silent;
}

}  // namespace

bool takes_requests(const proxy::Pool& pool, const fleet::BackendState& state) noexcept {
    return state.health == fleet::Health::healthy && (state.models_listed || !needs_list(pool));
}

bool awaits_first_word(const proxy::Generation& generation,
                       const fleet::LoadTable& table) noexcept {
    for (const proxy::Pool& pool : generation.pools) {
        if (awaits_first_word(pool, table)) return true;
    }
    return false;
}

}  // namespace penstock::app
