#include "penstock/engine/dialect.h"

namespace penstock::engine {
namespace {

constexpr int k_service_unavailable = 503;
constexpr Millis k_usual_interval{100};
constexpr Millis k_llamacpp_interval{1'500};  // leaves it the second it needs, and some more

}  // namespace

Paths paths_of(fleet::Engine engine) noexcept {
    Paths paths{"/metrics", "/health", "/v1/models"};
    // `/metrics` of trtllm-serve drains a queue of JSON and may wait for two seconds.
    if (engine == fleet::Engine::trtllm) paths.metrics = "/prometheus/metrics";
    return paths;
}

Millis usual_metrics_interval(fleet::Engine engine) noexcept {
    return engine == fleet::Engine::llamacpp ? k_llamacpp_interval : k_usual_interval;
}

fleet::Health judge_health(fleet::Engine engine, int status) noexcept {
    if (status >= 200 && status < 300) return fleet::Health::healthy;
    if (status != k_service_unavailable) return fleet::Health::unhealthy;
    switch (engine) {
        // They listen before the model is loaded (or warm) and say so with this status.
        case fleet::Engine::llamacpp:
        case fleet::Engine::sglang:
        case fleet::Engine::lmdeploy:
            return fleet::Health::loading;
        // These do not listen until they are ready: it is a dead engine behind a living server.
        case fleet::Engine::vllm:
        case fleet::Engine::tgi:
        case fleet::Engine::trtllm:
        case fleet::Engine::custom:
            break;
    }
    return fleet::Health::unhealthy;
}

}  // namespace penstock::engine
