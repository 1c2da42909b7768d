// The admin pages, one more `http::Handler`. Thread: the control thread.
//
//     /          a page that shows the backends live and leads to the others
//     /backends  the backends as JSON, described in src/admin/backends_json.h
//     /config    the effective config with the origin of each value, secrets hidden
//     /livez     200 while the process runs its loop
//     /readyz    200, or 503 with the reason (`name(Readiness)`) as its text
//     /metrics   Prometheus text 0.0.4
//
// GET and HEAD only; errors are JSON.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "penstock/fleet/load.h"
#include "penstock/http/stream.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::admin {

/// One row of /backends. Made by `app` from the generation, the load table and the counters.
struct BackendView {
    std::string pool;
    std::string url;
    std::string engine;
    double weight = 1;
    std::uint32_t in_flight = 0;
    fleet::BackendState state;
    double sample_age_seconds = -1;  // negative: no sample
    std::size_t index_blocks = 0;
    std::size_t index_capacity = 0;
};

enum class Readiness : std::uint8_t { ready, no_healthy_backend, models_not_listed, draining };
[[nodiscard]] std::string_view name(Readiness readiness) noexcept;

struct Sources {
    std::function<std::vector<BackendView>()> backends;
    std::function<std::string()> config_json;  // the effective config with origins, secrets hidden
    std::function<Readiness()> readiness;
    std::function<std::uint64_t()> generation;
    const telemetry::Registry* registry = nullptr;
};

class AdminHandler final : public http::Handler {
public:
    explicit AdminHandler(Sources sources);
    Task<void> handle(http::ServerStream& stream) override;

private:
    Sources sources_;
};

}  // namespace penstock::admin
