#include "backends_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <optional>

#include <nlohmann/json.hpp>

namespace penstock::admin {

namespace {

using Json = nlohmann::ordered_json;

/// With at most three decimals, and none where it is whole.
Json number(double value) {
    constexpr double k_thousandth = 1000;
    constexpr double k_whole_max = 9e15;  // whole numbers up to here are exact
    if (!std::isfinite(value)) return nullptr;
    const double rounded = std::round(value * k_thousandth) / k_thousandth;
    const bool whole = std::abs(rounded) < k_whole_max && rounded == std::trunc(rounded);
    return whole ? Json(static_cast<std::int64_t>(rounded)) : Json(rounded);
}

Json number(const std::optional<double>& value) {
    return value ? number(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

/// RFC 3339 in UTC.
std::string utc(std::int64_t unix_seconds) {
    const std::time_t time{unix_seconds};
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
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
    json["age_seconds"] = number(view.sample_age_seconds);
    json["fresh"] = view.fresh;
    json["requests_running"] = number(sample.running);
    json["requests_waiting"] = number(sample.waiting);
    json["requests_running_max"] = number(sample.running_max);
    json["kv_usage"] = number(sample.kv_use);
    json["kv_capacity_tokens"] = number(sample.kv_tokens);
    json["kv_host_tokens"] = number(sample.kv_host_tokens);
    json["cache_queries"] = number(sample.cache_queries);
    json["cache_hits"] = number(sample.cache_hits);
    json["adapters"] = names_of(sample.adapters, false);
    json["adapters_waiting"] = names_of(sample.adapters, true);
    json["adapter_slots"] = number(sample.adapter_slots);
    return json;
}

Json rates_json(const fleet::Rates& rates) {
    return {{"prefill_tokens_per_second", number(1 / std::max(rates.prefill_per_token, 1e-9))},
            {"first_token_overhead_ms", number(rates.first_overhead * 1e3)},
            {"decode_step_ms", number(rates.step * 1e3)},
            {"decode_step_per_request_ms", number(rates.step_per_request * 1e3)},
            {"adapter_load_ms", number(rates.adapter_load * 1e3)},
            {"first_tokens_seen", rates.first_tokens},
            {"gaps_seen", rates.gaps},
            {"adapter_loads_seen", rates.adapter_loads}};
}

Json events_json(const std::optional<KvEventsView>& events) {
    if (!events) return nullptr;
    return {{"state", events->state},
            {"engine_blocks", events->engine_blocks},
            {"stored", events->stored},
            {"removed", events->removed},
            {"cleared", events->cleared},
            {"other", events->other},
            {"undecodable", events->undecodable},
            {"gaps", events->gaps},
            {"restarts", events->restarts},
            {"replays", events->replays},
            {"replays_failed", events->replays_failed},
            {"prompt_blocks_paired", events->blocks_paired},
            {"prompt_blocks_unpaired", events->blocks_unpaired}};
}

Json failures_json(const FailuresView& failures) {
    const bool any = failures.total > 0;
    return {{"total", failures.total},
            {"last_minute", failures.last_minute},
            {"last_reason", text_or_null(failures.last_reason)},
            {"last_seconds_ago", any ? number(failures.last_seconds_ago) : Json(nullptr)}};
}

Json backend_json(const BackendView& view) {
    Json json;
    json["pool"] = view.pool;
    json["url"] = view.url;
    json["engine"] = view.engine;
    json["weight"] = number(view.weight);
    json["labels"] = view.labels;
    json["health"] = fleet::name(view.state.health);
    json["draining"] = view.state.draining;
    json["ejected"] = view.state.ejected;
    json["cache_off"] = view.state.cache_off;
    json["in_flight"] = view.in_flight;
    json["charged"] = {{"prompt_tokens", view.prefill_tokens},
                       {"output_tokens", view.output_tokens}};
    json["models"] = view.state.models;
    json["models_listed"] = view.state.models_listed;
    json["sample"] = sample_json(view);
    json["rates"] = rates_json(view.state.rates);
    json["failures"] = failures_json(view.failures);
    json["index"] = {{"blocks", view.index_blocks}, {"capacity", view.index_capacity}};
    json["kv_events"] = events_json(view.kv_events);
    json["poll_interval_ms"] = number(view.state.poll_interval_ms);
    json["last_error"] = text_or_null(view.state.last_error);
    return json;
}

Json reload_json(const std::optional<ReloadView>& reload) {
    if (!reload) return nullptr;
    return {
        {"ok", reload->ok}, {"at", utc(reload->at)}, {"problem", text_or_null(reload->problem)}};
}

Json span_json(const telemetry::TrafficSpan& span) {
    const auto millis = [](const std::optional<double>& seconds) {
        return seconds ? number(*seconds * 1e3) : Json(nullptr);
    };
    return {{"seconds", number(span.seconds)},
            {"requests", span.requests},
            {"errors", span.errors},
            {"first_token_p50_ms", millis(span.first_token_p50)},
            {"first_token_p95_ms", millis(span.first_token_p95)}};
}

Json pool_json(const PoolView& pool) {
    return {{"name", pool.name},
            {"engine", pool.engine},
            {"discover", text_or_null(pool.discover)},
            {"discovery_error", text_or_null(pool.discovery_error)}};
}

}  // namespace

std::string backends_json(const ProxyView& proxy) {
    Json json;
    json["version"] = proxy.version;
    json["started"] = utc(proxy.started);
    json["generation"] = proxy.generation;
    json["readiness"] = name(proxy.readiness);
    json["last_reload"] = reload_json(proxy.last_reload);
    json["requests"] = proxy.requests;
    json["errors"] = proxy.errors;
    json["last_minute"] = span_json(proxy.last_minute);
    json["pools"] = Json::array();
    for (const PoolView& pool : proxy.pools) json["pools"].push_back(pool_json(pool));
    json["backends"] = Json::array();
    for (const BackendView& view : proxy.backends) json["backends"].push_back(backend_json(view));
    // Names and errors come from engines: bytes that are no UTF-8 must not throw.
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace penstock::admin
