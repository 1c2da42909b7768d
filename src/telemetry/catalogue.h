// Every metric there is, each described once: from this table come the exposition, conf/METRICS.md
// and the lint of names. A metric that is not in it cannot be exposed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::telemetry {

enum class Kind : std::uint8_t { counter, gauge, histogram };
[[nodiscard]] std::string_view name(Kind kind) noexcept;

/// The heading under which a metric stands in conf/METRICS.md.
enum class Group : std::uint8_t { requests, tokens, routing, connections, backends, process };
inline constexpr std::size_t k_groups = static_cast<std::size_t>(Group::process) + 1;
[[nodiscard]] std::string_view title(Group group) noexcept;

/// Who knows the value: the workers' cells, the registry itself, or a source that `app` adds.
enum class Origin : std::uint8_t { worker, registry, source };

/// Label names; the unused ones behind are empty.
inline constexpr std::size_t k_labels_max = 5;
using LabelNames = std::array<std::string_view, k_labels_max>;

struct Metric {
    std::string_view name;
    Kind kind;
    std::string_view unit;  // "seconds", "bytes", "tokens"; as people read it
    LabelNames labels;
    Group group;
    Origin origin;
    std::string_view sentence;

    [[nodiscard]] constexpr std::size_t label_count() const noexcept {
        return static_cast<std::size_t>(
            std::ranges::count_if(labels, [](std::string_view label) { return !label.empty(); }));
    }
};

// A table, with an eye on its rows.
// clang-format off
inline constexpr std::array k_catalogue{
    // --- Requests.
    Metric{"penstock_requests_total", Kind::counter, "requests",
           {"pool", "route", "model", "code", "outcome"}, Group::requests, Origin::worker,
           "Finished requests; code is the status sent (499: the client had gone), outcome is "
           "how it really ended, also after the status was sent."},
    Metric{"penstock_requests_started_total", Kind::counter, "requests",
           {}, Group::requests, Origin::worker,
           "Requests whose head was complete or refused; those not yet in "
           "penstock_requests_total are in flight."},
    Metric{"penstock_errors_total", Kind::counter, "requests",
           {"code"}, Group::requests, Origin::worker,
           "Requests that ended in an error, by the error's code, the same word as in the "
           "client's answer and in the access log."},
    Metric{"penstock_bad_requests_total", Kind::counter, "requests",
           {}, Group::requests, Origin::worker,
           "Requests refused for breaking the rules of HTTP or its limits, or whose head did not "
           "come in time, before any route was looked for; a rise is a broken client or an "
           "attack."},
    Metric{"penstock_requests_in_flight", Kind::gauge, "requests",
           {}, Group::requests, Origin::worker,
           "Requests between their head and the end of their response."},
    Metric{"penstock_streams_open", Kind::gauge, "streams",
           {}, Group::requests, Origin::worker,
           "Event streams that are being relayed now."},
    Metric{"penstock_time_to_first_token_seconds", Kind::histogram, "seconds",
           {"pool"}, Group::requests, Origin::worker,
           "From a request's head to its stream's first event that is neither an announcement "
           "(message_start, response.created and the like), a ping, a comment nor an error; a rise "
           "with few requests waiting means long prompts, else that engines are missing."},
    Metric{"penstock_inter_token_seconds", Kind::histogram, "seconds",
           {}, Group::requests, Origin::worker,
           "Time between two chunks of one stream; a rise means that engines batch too much or "
           "preempt."},
    Metric{"penstock_request_duration_seconds", Kind::histogram, "seconds",
           {"pool"}, Group::requests, Origin::worker,
           "From a request's head to the end of its response."},
    Metric{"penstock_added_latency_seconds", Kind::histogram, "seconds",
           {}, Group::requests, Origin::worker,
           "The proxy's own share before a request left for its engine: inspection and pick, "
           "without waiting; a rise means that the workers are short of CPU."},
    Metric{"penstock_cancellations_total", Kind::counter, "requests",
           {}, Group::requests, Origin::worker,
           "Requests whose client went away, or broke the protocol, before the end; the engine was "
           "told by closing its connection."},
    Metric{"penstock_retries_total", Kind::counter, "requests",
           {}, Group::requests, Origin::worker,
           "Attempts beyond a request's first, before any response byte came; "
           "penstock_backend_failures_total names the backends that failed."},
    Metric{"penstock_buffered_bytes", Kind::gauge, "bytes",
           {}, Group::requests, Origin::source,
           "Request bodies, and heads over 4 KiB, held in memory now; at server.buffer_budget "
           "requests are answered with 503."},
    // --- Tokens and the prefix cache.
    Metric{"penstock_prompt_tokens_total", Kind::counter, "tokens",
           {"pool", "model"}, Group::tokens, Origin::worker,
           "Prompt tokens as the engines' usage tells."},
    Metric{"penstock_output_tokens_total", Kind::counter, "tokens",
           {"pool", "model"}, Group::tokens, Origin::worker,
           "Generated tokens: from usage, or events with content where the engine sent none."},
    Metric{"penstock_cached_tokens_total", Kind::counter, "tokens",
           {"pool", "model"}, Group::tokens, Origin::worker,
           "Prompt tokens that engines took from their prefix cache, as usage tells; divided by "
           "penstock_prompt_tokens_total the true hit ratio."},
    Metric{"penstock_predicted_cached_tokens_total", Kind::counter, "tokens",
           {"pool", "model"}, Group::tokens, Origin::worker,
           "Prompt tokens believed cached at the pick, for requests whose usage came; far above "
           "penstock_cached_tokens_total the prefix index believes too much."},
    Metric{"penstock_prefix_blocks_total", Kind::counter, "blocks",
           {"pool", "model"}, Group::tokens, Origin::worker,
           "Prompt blocks of the requests that reached a backend."},
    Metric{"penstock_prefix_predicted_blocks_total", Kind::counter, "blocks",
           {"pool", "model"}, Group::tokens, Origin::worker,
           "Prompt blocks that the prefix index believed cached on the chosen backend; divided "
           "by penstock_prefix_blocks_total the predicted hit ratio."},
    // --- Routing.
    Metric{"penstock_picks_total", Kind::counter, "requests",
           {"pool", "backend", "reason"}, Group::routing, Origin::worker,
           "Requests by the backend that served them last and the reason of its pick."},
    Metric{"penstock_session_requests_total", Kind::counter, "requests",
           {"pool", "session"}, Group::routing, Origin::worker,
           "Requests of sessions by what happened to them at their last pick: kept at the backend that "
           "served the session before, moved to another one, or new, which they also are after "
           "session_ttl and when their backend has restarted."},
    Metric{"penstock_shadow_decisions_total", Kind::counter, "requests",
           {"pool", "policy", "agrees"}, Group::routing, Origin::worker,
           "Decisions by whether the pool's shadow policy, which has no say, would have picked the "
           "same backend."},
    Metric{"penstock_shadow_cost_seconds_total", Kind::counter, "seconds",
           {"pool", "policy", "change"}, Group::routing, Origin::worker,
           "Seconds until the first token that the shadow policy's picks would have added, and "
           "saved, by prefix_load's estimate; more saved than added speaks for the shadow."},
    // --- Connections.
    Metric{"penstock_client_connections", Kind::gauge, "connections",
           {}, Group::connections, Origin::worker,
           "Open client connections."},
    Metric{"penstock_client_connections_accepted_total", Kind::counter, "connections",
           {}, Group::connections, Origin::worker,
           "Client connections accepted."},
    Metric{"penstock_client_connections_refused_total", Kind::counter, "connections",
           {}, Group::connections, Origin::worker,
           "Client connections closed at once because of server.max_connections or for want of "
           "file descriptors."},
    Metric{"penstock_client_idle_closes_total", Kind::counter, "connections",
           {}, Group::connections, Origin::worker,
           "Client connections closed because no request came for server.keep_alive_timeout."},
    Metric{"penstock_tls_handshakes_total", Kind::counter, "connections",
           {"outcome"}, Group::connections, Origin::worker,
           "TLS handshakes with clients by how they ended; resumed ones cost a tenth. A rise of "
           "certificate_missing or certificate_refused: clients without a valid certificate; of "
           "not_tls: clients that speak plain HTTP to a TLS port; of too_many: more of them under "
           "way than server.max_handshakes, an attack or a value that is too low."},
    Metric{"penstock_tls_floods_total", Kind::counter, "connections",
           {}, Group::connections, Origin::worker,
           "TLS connections with clients or backends that were ended because the peer sent more "
           "than 32 records in a row without data (key updates, session tickets, "
           "renegotiation): an attack, or a broken peer."},
    Metric{"penstock_tls_certificate_not_after_seconds", Kind::gauge, "seconds",
           {"listener", "certificate"}, Group::connections, Origin::source,
           "When the certificate that a listener shows expires, Unix time; alert some weeks "
           "before."},
    Metric{"penstock_http2_refusals_total", Kind::counter, "connections",
           {"reason"}, Group::connections, Origin::worker,
           "HTTP/2 connections ended because their client broke the protocol or flooded it, and "
           "streams whose client took no bytes (write_stall); a rise is an attack or a broken "
           "client."},
    Metric{"penstock_http2_stream_errors_total", Kind::counter, "streams",
           {"reason"}, Group::connections, Origin::worker,
           "HTTP/2 streams that were reset because their client broke the protocol on them, or "
           "asked for more at a time than max_streams before it knew of that; their connection "
           "goes on. Too many of them end it as stream_errors."},
    Metric{"penstock_upstream_http2_refusals_total", Kind::counter, "connections",
           {"reason"}, Group::connections, Origin::worker,
           "HTTP/2 connections to engines ended because the engine broke the protocol or flooded "
           "it; its requests fail with upstream_closed."},
    Metric{"penstock_client_received_bytes_total", Kind::counter, "bytes",
           {}, Group::connections, Origin::worker,
           "Bytes read from clients."},
    Metric{"penstock_client_sent_bytes_total", Kind::counter, "bytes",
           {}, Group::connections, Origin::worker,
           "Bytes written to clients."},
    Metric{"penstock_upstream_connections_open", Kind::gauge, "connections",
           {}, Group::connections, Origin::worker,
           "Open connections to engines, idle ones included."},
    Metric{"penstock_upstream_connections_idle", Kind::gauge, "connections",
           {}, Group::connections, Origin::worker,
           "Connections to engines that wait for their next request."},
    Metric{"penstock_upstream_connects_total", Kind::counter, "connections",
           {}, Group::connections, Origin::worker,
           "Connections made to engines."},
    Metric{"penstock_upstream_connect_failures_total", Kind::counter, "connections",
           {}, Group::connections, Origin::worker,
           "Connections to engines that were refused or timed out."},
    Metric{"penstock_upstream_reuses_total", Kind::counter, "requests",
           {}, Group::connections, Origin::worker,
           "Requests that left on a kept connection."},
    // --- Backends, as polled.
    Metric{"penstock_backend_healthy", Kind::gauge, "",
           {"pool", "backend"}, Group::backends, Origin::source,
           "1 when the backend may be picked by its health, else 0."},
    Metric{"penstock_backend_in_flight", Kind::gauge, "requests",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Requests of this proxy that the backend serves now."},
    Metric{"penstock_backend_failures_total", Kind::counter, "requests",
           {"pool", "backend", "reason"}, Group::backends, Origin::worker,
           "Tries at a backend that failed, also where another one then served the request: refused "
           "connects, resets, timeouts, answers of 5xx (engine_loading for 503) and errors within "
           "an answer (engine_error). One backend's rise above the others' names the culprit, also "
           "while it passes for healthy."},
    Metric{"penstock_backend_requests_running", Kind::gauge, "requests",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Requests in the engine's batch, by its own metrics."},
    Metric{"penstock_backend_requests_waiting", Kind::gauge, "requests",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Requests in the engine's queue, by its own metrics; above 0 for minutes means that "
           "engines are missing."},
    Metric{"penstock_backend_kv_usage_ratio", Kind::gauge, "",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Share of the engine's KV cache in use, 0 to 1; near 1 it preempts."},
    Metric{"penstock_backend_cache_off", Kind::gauge, "",
           {"pool", "backend"}, Group::backends, Origin::source,
           "1 where the engine's counters tell that next to nothing is found in its prefix cache of "
           "what should be there: most likely it is switched off. It is then chosen by load alone."},
    Metric{"penstock_backend_sample_age_seconds", Kind::gauge, "seconds",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Age of the last good poll of the engine's metrics; beyond the pool's stale_after, or two "
           "polls where that is longer, the proxy trusts its own counters instead."},
    Metric{"penstock_backend_poll_interval_seconds", Kind::gauge, "seconds",
           {"pool", "backend"}, Group::backends, Origin::source,
           "The effective time between two polls; longer than configured where an engine answers "
           "slowly."},
    Metric{"penstock_backend_index_blocks", Kind::gauge, "blocks",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Prompt blocks that the prefix index believes the backend holds."},
    Metric{"penstock_backend_index_capacity_blocks", Kind::gauge, "blocks",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Most blocks the prefix index keeps for the backend, from its reported KV capacity."},
    Metric{"penstock_discovery_lookups_total", Kind::counter, "look-ups",
           {"pool", "result"}, Group::backends, Origin::source,
           "DNS look-ups of a pool's `discover` name by result: answered, or failed, while the last "
           "answer stays. /backends tells why."},
    Metric{"penstock_kv_events_followed", Kind::gauge, "",
           {"pool", "backend"}, Group::backends, Origin::source,
           "1 while the engine's KV-cache events are relied on, 0 while its cache is guessed in "
           "spite of kv_events; /backends tells why."},
    Metric{"penstock_kv_events_total", Kind::counter, "events",
           {"pool", "backend", "kind"}, Group::backends, Origin::source,
           "KV-cache events by kind: stored, removed, cleared, or other, which this version does "
           "not know."},
    Metric{"penstock_kv_events_undecodable_total", Kind::counter, "messages",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Messages on the events' connections that could not be read; a rise means that "
           "something else listens there, or an engine of a newer format."},
    Metric{"penstock_kv_events_gaps_total", Kind::counter, "gaps",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Times that KV-cache events were missing and no replay brought them: what the engine "
           "holds is guessed until prompts are served anew. A rise asks for kv_replay."},
    Metric{"penstock_kv_events_restarts_total", Kind::counter, "restarts",
           {"pool", "backend"}, Group::backends, Origin::source,
           "Times that the numbers of KV-cache events began anew: the engine's cache was empty."},
    Metric{"penstock_kv_events_replays_total", Kind::counter, "replays",
           {"pool", "backend", "result"}, Group::backends, Origin::source,
           "Replays of KV-cache events: complete, or failed when they did not come to an end or "
           "events were missing in them."},
    Metric{"penstock_kv_events_prompt_blocks_total", Kind::counter, "blocks",
           {"pool", "backend", "result"}, Group::backends, Origin::source,
           "Blocks of served prompts by whether it could be told which of the engine's blocks hold "
           "them: paired, or unpaired, whose eviction is guessed. Many unpaired ones mean prompts "
           "of one length at one time, or answers without usage."},
    Metric{"penstock_kv_events_engine_blocks", Kind::gauge, "blocks",
           {"pool", "backend"}, Group::backends, Origin::source,
           "The engine's own blocks that it holds by its events."},
    // --- The process.
    Metric{"penstock_build_info", Kind::gauge, "",
           {"version"}, Group::process, Origin::registry,
           "Always 1; the label tells the version that runs."},
    Metric{"penstock_workers", Kind::gauge, "threads",
           {}, Group::process, Origin::registry,
           "Worker threads."},
    Metric{"penstock_generation", Kind::gauge, "",
           {}, Group::process, Origin::source,
           "Number of the published generation: rises with each reload or discovery that changed "
           "something."},
    Metric{"penstock_draining", Kind::gauge, "",
           {}, Group::process, Origin::source,
           "1 while the process finishes its streams before it ends."},
    Metric{"penstock_config_last_reload_successful", Kind::gauge, "",
           {}, Group::process, Origin::source,
           "1 when the config file was good the last time it was read; 0: an older one is still "
           "in force, see the log."},
    Metric{"penstock_config_last_reload_timestamp_seconds", Kind::gauge, "seconds",
           {}, Group::process, Origin::source,
           "When the config in force was read, Unix time."},
    Metric{"penstock_config_reloads_total", Kind::counter, "reloads",
           {"result"}, Group::process, Origin::source,
           "Reloads by result: ok, refused when the file was bad or needs a restart, or "
           "listener_failed when a new listener could not be opened; then nothing has changed."},
    Metric{"penstock_log_dropped_total", Kind::counter, "lines",
           {}, Group::process, Origin::source,
           "Log lines lost because the sink was blocked, closed or full."},
    Metric{"penstock_rejected_samples", Kind::gauge, "samples",
           {}, Group::process, Origin::registry,
           "Values that this scrape left out because the catalogue does not describe them; not 0 "
           "is a bug to report."},
    Metric{"process_cpu_seconds_total", Kind::counter, "seconds",
           {}, Group::process, Origin::source,
           "User and system CPU time spent."},
    Metric{"process_resident_memory_bytes", Kind::gauge, "bytes",
           {}, Group::process, Origin::source,
           "Resident memory."},
    Metric{"process_virtual_memory_bytes", Kind::gauge, "bytes",
           {}, Group::process, Origin::source,
           "Virtual memory; far above the resident one by design."},
    Metric{"process_open_fds", Kind::gauge, "descriptors",
           {}, Group::process, Origin::source,
           "Open file descriptors."},
    Metric{"process_max_fds", Kind::gauge, "descriptors",
           {}, Group::process, Origin::source,
           "Most file descriptors the process may open."},
    Metric{"process_start_time_seconds", Kind::gauge, "seconds",
           {}, Group::process, Origin::source,
           "When the process started, Unix time."},
    Metric{"process_threads", Kind::gauge, "threads",
           {}, Group::process, Origin::source,
           "Threads of the process."},
};
// clang-format on

inline constexpr std::size_t k_no_metric = k_catalogue.size();

/// The row of this name, or `k_no_metric`. O(rows).
[[nodiscard]] constexpr std::size_t find_metric(std::string_view name) noexcept {
    std::size_t row = 0;
    while (row < k_catalogue.size() && k_catalogue[row].name != name) ++row;
    return row;
}

/// The row of a name that must exist: else the program does not compile.
[[nodiscard]] consteval std::size_t metric(std::string_view name) {
    const std::size_t row = find_metric(name);
    if (row == k_no_metric) throw "no such metric in the catalogue";
    return row;
}

}  // namespace penstock::telemetry
