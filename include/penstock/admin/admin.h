// The admin pages, one more `http::Handler`. Thread: the control thread.
//
//     /          a page that shows the backends live and leads to the others
//     /backends  the backends and what their traffic came to as JSON, described in
//     src/admin/backends_json.h /config    the effective config with the origin of each value,
//     secrets hidden /livez     200 while the process runs its loop /readyz    200, or 503 with the
//     reason (`name(Readiness)`) as its text /metrics   Prometheus text 0.0.4 /explain   where the
//     request that is posted here would go, and why: the path behind /explain
//                is the request's (none: /v1/chat/completions), fields and body are as they would
//                be sent. Answered with what src/proxy/explanation_json.h describes; nothing is
//                sent.
//
// GET and HEAD only, but for /explain, which takes POST; errors are JSON.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/fleet/load.h"
#include "penstock/http/stream.h"
#include "penstock/telemetry/metrics.h"
#include "penstock/telemetry/traffic.h"

namespace penstock::admin {

/// What is known of a backend's KV-cache events.
struct KvEventsView {
    std::string_view state;  // following: they are relied on; else the cache is guessed
    std::uint64_t stored = 0, removed = 0, cleared = 0, other = 0;  // events
    std::uint64_t undecodable = 0;                                  // messages
    std::uint64_t gaps = 0, restarts = 0, replays = 0, replays_failed = 0;
    std::uint64_t blocks_paired = 0, blocks_unpaired = 0;  // of our prompts
    std::uint64_t engine_blocks = 0;                       // that the engine holds
};

/// Tries at a backend that failed.
struct FailuresView {
    std::uint64_t total = 0;
    std::uint64_t last_minute = 0;
    std::string last_reason = {};  // name(ErrorCode); empty: none has failed
    double last_seconds_ago = 0;
};

/// One row of /backends. Made by `app` from the generation, the load table and the counters.
struct BackendView {
    std::string pool;
    std::string url;
    std::string engine;
    double weight = 1;
    std::map<std::string, std::string> labels;
    std::uint32_t in_flight = 0;
    std::uint64_t prefill_tokens = 0;  // of this proxy's prompts there, not yet prefilled
    std::uint64_t output_tokens = 0;   // expected of its answers under way, in all
    fleet::BackendState state;
    double sample_age_seconds = -1;  // negative: no sample
    bool fresh = false;              // the sample is believed
    FailuresView failures;
    std::size_t index_blocks = 0;
    std::size_t index_capacity = 0;
    std::optional<KvEventsView> kv_events;  // unset: not asked for
};

enum class Readiness : std::uint8_t { ready, no_healthy_backend, models_not_listed, draining };
[[nodiscard]] std::string_view name(Readiness readiness) noexcept;

struct PoolView {
    std::string name = {};
    std::string engine = {};
    std::string discover = {};  // empty: it lists its backends
    std::string discovery_error =
        {};  // of the last look-up; empty: it was answered, or has not ended
};

struct ReloadView {
    bool ok = true;
    std::int64_t at = 0;       // Unix seconds
    std::string problem = {};  // the first, where it was refused
};

/// What /backends tells.
struct ProxyView {
    std::string version = {};
    std::int64_t started = 0;  // Unix seconds
    std::uint64_t generation = 0;
    Readiness readiness = Readiness::ready;
    std::optional<ReloadView> last_reload = {};  // unset: there was none
    std::uint64_t requests = 0;                  // finished since the start
    std::uint64_t errors = 0;  // of them, those that failed by no fault of their client
    telemetry::TrafficSpan last_minute = {};
    std::vector<PoolView> pools = {};
    std::vector<BackendView> backends = {};
};

/// Bytes of a body that is asked about: twice what the prefix index looks at.
inline constexpr std::size_t k_question_max = std::size_t{16} << 20U;

struct Sources {
    std::function<ProxyView()> proxy;
    std::function<std::string()> config_json;  // the effective config with origins, secrets hidden
    std::function<Readiness()> readiness;
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
