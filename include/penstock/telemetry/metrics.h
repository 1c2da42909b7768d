// Counting on the workers, gathering at scrape.
//
// Each worker owns a `WorkerMetrics`: cells with one writer (the worker) and many readers (the
// scrape), relaxed. Labels are bounded: pools, routes, backends and known models come from the
// config or the engines and are interned by number; an unknown model counts as "other".
// `MetricCatalogue` (one table in src/telemetry) names and explains each metric once; from it come
// the exposition and conf/METRICS.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/units.h"
#include "penstock/telemetry/record.h"
#include "penstock/telemetry/tls_outcome.h"
#include "penstock/telemetry/traffic.h"

namespace penstock::telemetry {

/// Things a worker counts that belong to no single record.
enum class Count : std::uint8_t {
    connections_accepted,
    connections_refused,
    requests_started,
    bytes_from_clients,
    bytes_to_clients,
    upstream_connects,
    upstream_connect_failures,
    upstream_reuses,
    retries,
    cancellations,
    bad_requests,
    idle_closes,
    tls_floods,
};
inline constexpr std::size_t k_counts = static_cast<std::size_t>(Count::tls_floods) + 1;

enum class Gauge : std::uint8_t {
    client_connections,
    requests_in_flight,
    streams_open,
    upstream_connections_idle,
    upstream_connections_open,
};
inline constexpr std::size_t k_gauges =
    static_cast<std::size_t>(Gauge::upstream_connections_open) + 1;

/// Why an HTTP/2 client or engine was told to go, or a client's stream was ended.
enum class Http2Refusal : std::uint8_t {
    rapid_reset,
    stream_errors,
    header_list_too_large,
    continuation_flood,
    control_flood,
    empty_frames,
    useless_frames,
    settings_timeout,
    protocol_error,
    write_stall,
};
inline constexpr std::size_t k_http2_refusals =
    static_cast<std::size_t>(Http2Refusal::write_stall) + 1;
[[nodiscard]] std::string_view name(Http2Refusal reason) noexcept;

/// Why a stream of an HTTP/2 client was reset, and its connection left alone.
enum class Http2StreamError : std::uint8_t {
    malformed_head,
    malformed_content,  // or trailers; or of another length than its head says
    window_overflow,
    too_many_streams,
};
inline constexpr std::size_t k_http2_stream_errors =
    static_cast<std::size_t>(Http2StreamError::too_many_streams) + 1;
[[nodiscard]] std::string_view name(Http2StreamError reason) noexcept;

/// A decision beside what the pool's shadow policy would have decided.
struct ShadowDecision {
    std::string_view pool;
    std::string_view policy;  // the shadow's
    bool agrees = false;      // it would have picked the same backend
    Micros added{0};          // what its pick is estimated to cost more; negative: less
};

/// One worker's cells. At most 1024 series per family; further ones count as "other". Methods
/// marked (worker) are called on that worker only.
class WorkerMetrics {
public:
    WorkerMetrics();
    ~WorkerMetrics();
    WorkerMetrics(const WorkerMetrics&) = delete;
    WorkerMetrics& operator=(const WorkerMetrics&) = delete;

    void count(Count what, std::uint64_t by = 1) noexcept;  // (worker)
    void change(Gauge what, std::int64_t by) noexcept;      // (worker)
    void refused(Http2Refusal reason) noexcept;             // (worker) a client
    void upstream_refused(Http2Refusal reason) noexcept;    // (worker)
    void stream_reset(Http2StreamError reason) noexcept;    // (worker) a client's
    void handshake(TlsOutcome outcome) noexcept;            // (worker) with a client
    /// The time between two chunks of one stream. (worker) No allocation.
    void inter_token(Micros gap) noexcept;
    void shadowed(const ShadowDecision& decision);  // (worker) No allocation once the pool is known
    /// A try at a backend failed, whether its client noticed or not. (worker)
    void backend_failed(const BackendName& backend, ErrorCode reason, TimePoint now);
    /// Everything that follows from a finished request: totals by pool, route, model, status and
    /// outcome, errors by code, picks by backend and reason, times, tokens, predicted and actual
    /// cache hits. (worker)
    void finished(const RequestRecord& record);

    struct Cells;
    [[nodiscard]] const Cells& cells() const noexcept { return *cells_; }

private:
    std::unique_ptr<Cells> cells_;
};

/// A gauge or counter that the control thread computes at scrape: backends' load as polled,
/// reloads, process numbers. One that the catalogue does not name, or with other labels, is left
/// out and counted in `penstock_rejected_samples`.
struct Sample {
    std::string_view metric;  // name in the catalogue, e.g. "penstock_backend_requests_waiting"
    std::vector<std::pair<std::string_view, std::string>> labels;
    double value = 0;
};

class Registry {
public:
    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    /// All workers, before they start; they must outlive the registry's last `expose`.
    void add(const WorkerMetrics& worker);
    /// Called at each scrape on the scraping thread, to append samples.
    void add_source(std::function<void(std::vector<Sample>&)> source);

    /// The exposition: Prometheus text 0.0.4. Thread: control.
    [[nodiscard]] std::string expose() const;
    /// Of all workers, since they started. Thread: control.
    [[nodiscard]] Traffic traffic() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// conf/METRICS.md, from the catalogue.
[[nodiscard]] std::string metrics_document();

}  // namespace penstock::telemetry
