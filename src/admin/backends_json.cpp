#include "backends_json.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

namespace penstock::admin {

namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json names_of(const std::vector<fleet::AdapterUse>& adapters, bool waiting) {
    Json names = Json::array();
    for (const fleet::AdapterUse& each : adapters) {
        if (each.waiting == waiting) names.push_back(each.name);
    }
    return names;
}

Json sample_json(const BackendView& view) {
    if (!view.state.sample) return nullptr;
    const fleet::LoadSample& sample = *view.state.sample;
    Json json;
    json["age_seconds"] = view.sample_age_seconds;
    json["requests_running"] = number(sample.running);
    json["requests_waiting"] = number(sample.waiting);
    json["requests_running_max"] = number(sample.running_max);
    json["kv_usage"] = number(sample.kv_use);
    json["kv_capacity_tokens"] = number(sample.kv_tokens);
    json["cache_queries"] = number(sample.cache_queries);
    json["cache_hits"] = number(sample.cache_hits);
    json["adapters"] = names_of(sample.adapters, false);
    json["adapters_waiting"] = names_of(sample.adapters, true);
    json["adapter_slots"] = number(sample.adapter_slots);
    return json;
}

Json rates_json(const fleet::Rates& rates) {
    return {{"prefill_tokens_per_second", 1 / std::max(rates.prefill_per_token, 1e-9)},
            {"first_token_overhead_ms", rates.first_overhead * 1e3},
            {"decode_step_ms", rates.step * 1e3},
            {"decode_step_per_request_ms", rates.step_per_request * 1e3},
            {"adapter_load_ms", rates.adapter_load * 1e3},
            {"first_tokens_seen", rates.first_tokens},
            {"gaps_seen", rates.gaps},
            {"adapter_loads_seen", rates.adapter_loads}};
}

Json backend_json(const BackendView& view) {
    const std::string& error = view.state.last_error;
    Json json;
    json["pool"] = view.pool;
    json["url"] = view.url;
    json["engine"] = view.engine;
    json["weight"] = view.weight;
    json["labels"] = view.labels;
    json["health"] = fleet::name(view.state.health);
    json["draining"] = view.state.draining;
    json["ejected"] = view.state.ejected;
    json["in_flight"] = view.in_flight;
    json["models"] = view.state.models;
    json["models_listed"] = view.state.models_listed;
    json["sample"] = sample_json(view);
    json["rates"] = rates_json(view.state.rates);
    json["index"] = {{"blocks", view.index_blocks}, {"capacity", view.index_capacity}};
    json["poll_interval_ms"] = view.state.poll_interval_ms;
    json["last_error"] = error.empty() ? Json(nullptr) : Json(error);
    return json;
}

}  // namespace

std::string backends_json(std::span<const BackendView> backends, std::uint64_t generation,
                          Readiness readiness) {
    Json json;
    json["generation"] = generation;
    json["readiness"] = name(readiness);
    json["backends"] = Json::array();
    for (const BackendView& view : backends) json["backends"].push_back(backend_json(view));
    // Names and errors come from engines: bytes that are no UTF-8 must not throw.
    constexpr int k_compact = -1;
    return json.dump(k_compact, ' ', false, Json::error_handler_t::replace);
}

}  // namespace penstock::admin
