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

fleet::AdapterId wanted_adapter(const Exchange& exchange) noexcept {
    if (!exchange.facts.adapter.empty()) return fleet::adapter_id(exchange.facts.adapter);
    const fleet::AdapterId model = fleet::adapter_id(exchange.facts.model);
    const fleet::LoadTable& table = exchange.worker.table();
    const bool known = std::ranges::any_of(exchange.pool->backends, [&](const auto& backend) {
        const fleet::BackendState* state = fleet::state_of(table, backend.slot);
        return state != nullptr && knows(*state, model);
    });
    return known ? model : 0;
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
