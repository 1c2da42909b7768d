// What the traffic of the last minute came to, and which backends fail in it.
#include "server.h"

namespace penstock::app {

// One line when a backend begins to fail requests and one when it has failed none for a minute: a
// line a request is the access log's.
void ProxyServer::look_at_traffic() {
    const TimePoint now = control_.now();
    telemetry::Traffic traffic = registry_.traffic();
    for (const auto& [pool, backends] : traffic.failures) {
        for (const auto& [url, failures] : backends) {
            const std::uint64_t recent = recent_traffic_.failures({pool, url}, traffic);
            if (recent == 0 && failing_.erase({pool, url}) > 0) {
                log_.write(telemetry::LogLevel::info,
                           "a backend has failed no request for a minute",
                           {{"pool", pool}, {"backend", url}});
            }
            if (recent == 0 || !failing_.emplace(pool, url).second) continue;
            log_.write(telemetry::LogLevel::warning, "a backend fails requests",
                       {{"pool", pool}, {"backend", url}, {"reason", failures.last_reason}});
        }
    }
    recent_traffic_.note(now, std::move(traffic));
    traffic_timer_.set(telemetry::RecentTraffic::k_step, traffic_hook_);
}

admin::FailuresView ProxyServer::failures_of(const telemetry::BackendName& backend,
                                             const telemetry::Traffic& traffic) const {
    const telemetry::Failures* failures = traffic.of(backend.pool, backend.url);
    if (failures == nullptr) return {};
    return {
        .total = failures->count,
        .last_minute = recent_traffic_.failures(backend, traffic),
        .last_reason = failures->last_reason,
        .last_seconds_ago = std::chrono::duration<double>(control_.now() - failures->last).count()};
}

}  // namespace penstock::app
