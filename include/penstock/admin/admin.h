// The admin pages, one more `http::Handler`. Thread: the control thread.
//
//     /          a page that shows the backends live and leads to the others
//     /backends  the backends as JSON, described in src/admin/backends_json.h
//     /config    the effective config with the origin of each value, secrets hidden
//     /livez     200 while the process runs its loop
//     /readyz    200, or 503 with the reason (`name(Readiness)`) as its text
//     /metrics   Prometheus text 0.0.4
//     /explain   where the request that is posted here would go, and why: the path behind /explain
//                is the request's (none: /v1/chat/completions), fields and body are as they would
//                be sent. Answered with what src/proxy/explanation_json.h describes; nothing is
//                sent.
//
// GET and HEAD only, but for /explain, which takes POST; errors are JSON.
#pragma once

#include <functional>
#include <map>
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
    std::map<std::string, std::string> labels;
    std::uint32_t in_flight = 0;
    fleet::BackendState state;
    double sample_age_seconds = -1;  // negative: no sample
    std::size_t index_blocks = 0;
    std::size_t index_capacity = 0;
};

enum class Readiness : std::uint8_t { ready, no_healthy_backend, models_not_listed, draining };
[[nodiscard]] std::string_view name(Readiness readiness) noexcept;

/// Bytes of a body that is asked about: twice what the prefix index looks at.
inline constexpr std::size_t k_question_max = std::size_t{16} << 20U;

struct Sources {
    std::function<std::vector<BackendView>()> backends;
    std::function<std::string()> config_json;  // the effective config with origins, secrets hidden
    std::function<Readiness()> readiness;
    std::function<std::uint64_t()> generation;
    const telemetry::Registry* registry = nullptr;
    /// The document of a request that is asked about: `tell` is called with it in a later turn,
    /// with an empty one where it could not be made. False: too many are asked about, it is not
    /// called.
    std::function<bool(http::RequestHead head, std::string body,
                       std::function<void(std::string)> tell)>
        explain;
};

class AdminHandler final : public http::Handler {
public:
    explicit AdminHandler(Sources sources);
    Task<void> handle(http::ServerStream& stream) override;

private:
    Sources sources_;
};

}  // namespace penstock::admin
