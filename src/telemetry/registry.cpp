// Gathering at scrape: the workers' cells and the sources, through prometheus-cpp's
// data model and serializer.
#include <array>
#include <utility>

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include "cells.h"
#include "families.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::telemetry {

namespace {

using Labels = std::vector<std::string>;

/// Rows of the catalogue by `Count` and by `Gauge`.
constexpr std::array<std::size_t, k_counts> k_count_rows{
    metric("penstock_client_connections_accepted_total"),
    metric("penstock_client_connections_refused_total"),
    metric("penstock_requests_started_total"),
    metric("penstock_client_received_bytes_total"),
    metric("penstock_client_sent_bytes_total"),
    metric("penstock_upstream_connects_total"),
    metric("penstock_upstream_connect_failures_total"),
    metric("penstock_upstream_reuses_total"),
    metric("penstock_retries_total"),
    metric("penstock_cancellations_total"),
    metric("penstock_bad_requests_total"),
    metric("penstock_client_idle_closes_total"),
    metric("penstock_tls_floods_total"),
};
constexpr std::array<std::size_t, k_gauges> k_gauge_rows{
    metric("penstock_client_connections"),
    metric("penstock_requests_in_flight"),
    metric("penstock_streams_open"),
    metric("penstock_upstream_connections_idle"),
    metric("penstock_upstream_connections_open"),
};

double number(const Counter& counter) noexcept {
    return static_cast<double>(counter.read());
}

template <std::size_t count>
Labels copy(const std::array<std::string, count>& values) {
    return {values.begin(), values.end()};
}

void add_plain(Families& families, const WorkerMetrics::Cells& cells) {
    for (std::size_t at = 0; at < k_counts; ++at) {
        families.add(k_count_rows[at], {}, number(cells.counts[at]));
    }
    for (std::size_t at = 0; at < k_gauges; ++at) {
        families.add(k_gauge_rows[at], {}, static_cast<double>(cells.gauges[at].read()));
    }
    for (std::size_t code = 0; code < k_error_codes; ++code) {
        families.add(metric("penstock_errors_total"),
                     {std::string{name(static_cast<ErrorCode>(code))}}, number(cells.errors[code]));
    }
    for (std::size_t at = 0; at < k_tls_outcomes; ++at) {
        families.add(metric("penstock_tls_handshakes_total"),
                     {std::string{name(static_cast<TlsOutcome>(at))}},
                     number(cells.handshakes[at]));
    }
    for (std::size_t at = 0; at < k_http2_refusals; ++at) {
        families.add(metric("penstock_http2_refusals_total"),
                     {std::string{name(static_cast<Http2Refusal>(at))}},
                     number(cells.http2_refusals[at]));
        families.add(metric("penstock_upstream_http2_refusals_total"),
                     {std::string{name(static_cast<Http2Refusal>(at))}},
                     number(cells.upstream_http2_refusals[at]));
    }
    for (std::size_t at = 0; at < k_http2_stream_errors; ++at) {
        families.add(metric("penstock_http2_stream_errors_total"),
                     {std::string{name(static_cast<Http2StreamError>(at))}},
                     number(cells.http2_stream_errors[at]));
    }
    families.merge(metric("penstock_inter_token_seconds"), {}, cells.inter_token);
    families.merge(metric("penstock_added_latency_seconds"), {}, cells.added_latency);
}

void add_tokens(Families& families, const Labels& labels, const TokenCells& cells) {
    families.add(metric("penstock_prompt_tokens_total"), labels, number(cells.prompt_tokens));
    families.add(metric("penstock_output_tokens_total"), labels, number(cells.output_tokens));
    families.add(metric("penstock_cached_tokens_total"), labels, number(cells.cached_tokens));
    families.add(metric("penstock_predicted_cached_tokens_total"), labels,
                 number(cells.predicted_cached_tokens));
    families.add(metric("penstock_prefix_blocks_total"), labels, number(cells.prefix_blocks));
    families.add(metric("penstock_prefix_predicted_blocks_total"), labels,
                 number(cells.predicted_blocks));
}

void add_shadows(Families& families, const Labels& labels, const ShadowCells& cells) {
    const auto add = [&](std::size_t row, std::string last, double value) {
        Labels all = labels;
        all.push_back(std::move(last));
        families.add(row, std::move(all), value);
    };
    constexpr double k_micros = 1e6;
    add(metric("penstock_shadow_decisions_total"), "yes", number(cells.agreed));
    add(metric("penstock_shadow_decisions_total"), "no", number(cells.differed));
    add(metric("penstock_shadow_cost_seconds_total"), "added", number(cells.added_us) / k_micros);
    add(metric("penstock_shadow_cost_seconds_total"), "saved", number(cells.saved_us) / k_micros);
}

void add_worker(Families& families, const WorkerMetrics::Cells& cells) {
    add_plain(families, cells);
    cells.requests.each([&](const auto& series) {
        families.add(metric("penstock_requests_total"), copy(series.values), number(series.cells));
    });
    cells.picks.each([&](const auto& series) {
        families.add(metric("penstock_picks_total"), copy(series.values), number(series.cells));
    });
    cells.pools.each([&](const auto& series) {
        const Labels pool = copy(series.values);
        families.merge(metric("penstock_time_to_first_token_seconds"), pool,
                       series.cells.first_token);
        families.merge(metric("penstock_request_duration_seconds"), pool, series.cells.duration);
    });
    cells.tokens.each(
        [&](const auto& series) { add_tokens(families, copy(series.values), series.cells); });
    cells.sessions.each([&](const auto& series) {
        families.add(metric("penstock_session_requests_total"), copy(series.values),
                     number(series.cells));
    });
    cells.shadows.each(
        [&](const auto& series) { add_shadows(families, copy(series.values), series.cells); });
    cells.failures.each([&](const auto& series) {
        families.add(metric("penstock_backend_failures_total"), copy(series.values),
                     number(series.cells.count));
    });
}

/// By no fault of the client: an answer of ours or of an engine's that says so, or none.
bool is_error(std::string_view outcome) noexcept {
    return outcome == name(Outcome::upstream_error) || outcome == name(Outcome::engine_error) ||
           outcome == name(Outcome::refused) || outcome == name(Outcome::broken);
}

void add_traffic(Traffic& traffic, const WorkerMetrics::Cells& cells) {
    cells.requests.each([&](const auto& series) {
        const std::uint64_t count = series.cells.read();
        traffic.requests += count;
        if (is_error(series.values.back())) traffic.errors += count;
    });
    traffic.first_token.resize(k_first_token_buckets.size() + 1);
    cells.pools.each([&](const auto& series) {
        for (std::size_t at = 0; at < traffic.first_token.size(); ++at) {
            traffic.first_token[at] += series.cells.first_token.count(at);
        }
    });
    cells.failures.each([&](const auto& series) {
        const auto& [pool, url, reason] = series.values;
        Failures& failures = traffic.failures[pool][url];
        failures.count += series.cells.count.read();
        const TimePoint last = series.cells.last.read();
        if (!failures.last_reason.empty() && last <= failures.last) return;
        failures.last = last;
        failures.last_reason = reason;
    });
}

}  // namespace

struct Registry::Impl final : prometheus::Collectable {
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
        Families families;
        for (const WorkerMetrics* worker : workers) add_worker(families, worker->cells());

        std::vector<Sample> samples;
        for (const auto& source : sources) source(samples);
        double rejected = 0;
        for (const Sample& sample : samples) {
            if (!families.set(sample)) ++rejected;
        }
        families.add(metric("penstock_rejected_samples"), {}, rejected);
        families.add(metric("penstock_workers"), {}, static_cast<double>(workers.size()));
        families.add(metric("penstock_build_info"), {PENSTOCK_VERSION}, 1);
        return std::move(families).take();
    }

    std::vector<const WorkerMetrics*> workers;
    std::vector<std::function<void(std::vector<Sample>&)>> sources;
};

Registry::Registry() : impl_{std::make_unique<Impl>()} {}
Registry::~Registry() = default;

void Registry::add(const WorkerMetrics& worker) {
    impl_->workers.push_back(&worker);
}

void Registry::add_source(std::function<void(std::vector<Sample>&)> source) {
    impl_->sources.push_back(std::move(source));
}

Traffic Registry::traffic() const {
    Traffic traffic;
    for (const WorkerMetrics* worker : impl_->workers) add_traffic(traffic, worker->cells());
    return traffic;
}

std::string Registry::expose() const {
    return prometheus::TextSerializer{}.Serialize(impl_->Collect());
}

}  // namespace penstock::telemetry
