#include "adapters.h"

#include <algorithm>

#include "models.h"

namespace penstock::proxy {

namespace {

bool knows(const fleet::BackendState& state, fleet::AdapterId adapter) noexcept {
    if (std::ranges::binary_search(state.adapters, adapter)) return true;
    return state.sample &&
           std::ranges::find(state.sample->adapters, adapter, &fleet::AdapterUse::id) !=
               state.sample->adapters.end();
}

}  // namespace

void find_adapter(Exchange& exchange) noexcept {
    const std::string& named = exchange.facts.adapter;
    const fleet::AdapterId wanted = fleet::adapter_id(named.empty() ? exchange.facts.model : named);
    const fleet::LoadTable& table = exchange.worker.table();
    exchange.adapter = 0;
    exchange.adapter_listed = false;
    bool others_listed = false;
    for (const fleet::Backend& backend : exchange.pool->backends) {
        const fleet::BackendState* state = fleet::state_of(table, backend.slot);
        if (state == nullptr) continue;
        if (knows(*state, wanted)) {
            exchange.adapter = wanted;
            exchange.adapter_listed = true;
            return;
        }
        others_listed = others_listed || !state->adapters.empty();
    }
    if (!named.empty() && !others_listed) exchange.adapter = wanted;
}

void rule_out_unlisted(Exchange& exchange) {
    const std::string& adapter = exchange.facts.adapter;
    const Pool& pool = *exchange.pool;
    const fleet::LoadTable& table = exchange.worker.table();
    if (pool.engine != fleet::Engine::sglang || adapter.empty()) return;
    if (!anybody_lists(pool, table, adapter)) return;
    for (std::size_t i = 0; i < pool.backends.size(); ++i) {
        if (lists(table, pool.backends[i], adapter)) continue;
        exchange.worker.sheet[i].unfit |= fleet::k_other_model;
    }
}

}  // namespace penstock::proxy
