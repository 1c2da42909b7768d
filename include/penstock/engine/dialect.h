// What differs between engines: where their metrics, health and models are, and how to read them.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/base/units.h"
#include "penstock/fleet/identity.h"
#include "penstock/fleet/load.h"

namespace penstock::engine {

/// Names for `engine = "custom"`: full metric names, empty where there is none.
struct CustomNames {
    std::string running, waiting, kv_use, kv_tokens;
    friend bool operator==(const CustomNames&, const CustomNames&) = default;
};

/// Paths an engine answers GET requests on. Empty: it has none.
struct Paths {
    std::string_view metrics;  // "/metrics"
    std::string_view health;   // "/health", or "/health_generate"…
    std::string_view models;   // "/v1/models"
};
[[nodiscard]] Paths paths_of(fleet::Engine engine) noexcept;

/// How often its metrics are read where the config does not say. llama.cpp looks whether the client
/// of a request without output so far is still there, but only after a second without a result for
/// anybody, and an answer to /metrics is one (tools/server/server-queue.cpp, recv_with_timeout).
[[nodiscard]] Millis usual_metrics_interval(fleet::Engine engine) noexcept;

/// Reads an exposition (Prometheus text 0.0.4, OpenMetrics, or TensorRT-LLM's JSON) into a sample.
/// Names of several versions are known. Data-parallel ranks are summed, unless one is asked for by
/// its number: then what is labelled with another one does not count. Errors: invalid_value when
/// the page is no exposition at all. Bounded: lines over 64 KiB are skipped. `sent` and counters
/// are left to the caller.
[[nodiscard]] Result<fleet::LoadSample> read_metrics(fleet::Engine engine, const CustomNames& names,
                                                     std::string_view page,
                                                     std::optional<std::uint32_t> rank = {});

struct ModelList {
    std::vector<std::string> names;     // ids, adapters and aliases included
    std::vector<std::string> adapters;  // of them, those with a parent: LoRA adapters of it
    std::string elements;               // the "data" array's elements as JSON text, comma-separated
    std::optional<double> max_model_len;
};
/// Reads a `/v1/models` answer. Errors: invalid_value.
[[nodiscard]] Result<ModelList> read_models(std::string_view page);

/// The element with this id out of `ModelList::elements`, as it stands there; empty: there is none.
[[nodiscard]] std::string model_element(std::string_view elements, std::string_view name);

/// What a status of the health path means.
[[nodiscard]] fleet::Health judge_health(fleet::Engine engine, int status) noexcept;

}  // namespace penstock::engine
