// What a worker counts.
#include <charconv>

#include "cells.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::telemetry {

namespace {

constexpr std::string_view k_none = "none";

std::string_view or_none(std::string_view text) noexcept {
    return text.empty() ? k_none : text;
}

/// Models are named by clients: only those that the config or an engine names may become a label.
std::string_view model_label(const RequestRecord& record) noexcept {
    if (record.model.empty()) return k_none;
    return record.model_known ? std::string_view{record.model} : k_other;
}

class StatusText {
public:
    explicit StatusText(int status) noexcept {
        const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), status);
        length_ = static_cast<std::size_t>(end.ptr - digits_.data());
    }
    [[nodiscard]] std::string_view view() const noexcept { return {digits_.data(), length_}; }

private:
    std::array<char, 12> digits_{};
    std::size_t length_ = 0;
};

/// Tokens the pick believed cached. Blocks and tokens differ in size, so the share counts.
std::uint64_t predicted_tokens(const RequestRecord& record) noexcept {
    if (record.prompt_blocks == 0) return 0;
    return record.prompt_tokens * record.predicted_blocks / record.prompt_blocks;
}

void count_tokens(const RequestRecord& record, TokenCells& cells) noexcept {
    cells.prompt_tokens.add(record.prompt_tokens);
    cells.output_tokens.add(record.output_tokens);
    cells.cached_tokens.add(record.cached_tokens);
    // Beside `cached_tokens` only where the engine could tell it: else the two cannot be compared.
    if (!record.tokens_estimated) cells.predicted_cached_tokens.add(predicted_tokens(record));
    cells.prefix_blocks.add(record.prompt_blocks);
    cells.predicted_blocks.add(record.predicted_blocks);
}

}  // namespace

WorkerMetrics::WorkerMetrics() : cells_{std::make_unique<Cells>()} {}
WorkerMetrics::~WorkerMetrics() = default;

void WorkerMetrics::count(Count what, std::uint64_t by) noexcept {
    cells_->counts[static_cast<std::size_t>(what)].add(by);
}

void WorkerMetrics::change(Gauge what, std::int64_t by) noexcept {
    cells_->gauges[static_cast<std::size_t>(what)].change(by);
}

void WorkerMetrics::refused(Http2Refusal reason) noexcept {
    cells_->http2_refusals[static_cast<std::size_t>(reason)].add(1);
}

void WorkerMetrics::upstream_refused(Http2Refusal reason) noexcept {
    cells_->upstream_http2_refusals[static_cast<std::size_t>(reason)].add(1);
}

std::string_view name(Http2Refusal reason) noexcept {
    constexpr std::array<std::string_view, k_http2_refusals> k_names{
        "rapid_reset",    "stream_errors", "header_list_too_large", "continuation_flood",
        "control_flood",  "empty_frames",  "useless_frames",        "settings_timeout",
        "protocol_error", "write_stall"};
    return k_names[static_cast<std::size_t>(reason)];
}

void WorkerMetrics::stream_reset(Http2StreamError reason) noexcept {
    cells_->http2_stream_errors[static_cast<std::size_t>(reason)].add(1);
}

std::string_view name(Http2StreamError reason) noexcept {
    constexpr std::array<std::string_view, k_http2_stream_errors> k_names{
        "malformed_head", "malformed_content", "window_overflow", "too_many_streams"};
    return k_names[static_cast<std::size_t>(reason)];
}

void WorkerMetrics::handshake(TlsOutcome outcome) noexcept {
    cells_->handshakes[static_cast<std::size_t>(outcome)].add(1);
}

std::string_view name(TlsOutcome outcome) noexcept {
    constexpr std::array<std::string_view, k_tls_outcomes> k_names{"completed",
                                                                   "resumed",
                                                                   "timed_out",
                                                                   "peer_closed",
                                                                   "not_tls",
                                                                   "no_common_version",
                                                                   "no_common_suite",
                                                                   "no_common_protocol",
                                                                   "certificate_missing",
                                                                   "certificate_refused",
                                                                   "refused_by_peer",
                                                                   "message_too_large",
                                                                   "too_many",
                                                                   "protocol_error"};
    return k_names[static_cast<std::size_t>(outcome)];
}

void WorkerMetrics::inter_token(Micros gap) noexcept {
    cells_->inter_token.observe(gap);
}

void WorkerMetrics::shadowed(const ShadowDecision& decision) {
    ShadowCells& cells =
        cells_->shadows.at({LabelValue{decision.pool}, LabelValue{decision.policy}});
    (decision.agrees ? cells.agreed : cells.differed).add(1);
    const bool more = decision.added > Micros{0};
    const Micros size = more ? decision.added : -decision.added;
    (more ? cells.added_us : cells.saved_us).add(static_cast<std::uint64_t>(size.count()));
}

void WorkerMetrics::backend_failed(const BackendName& backend, ErrorCode reason, TimePoint now) {
    FailureCells& cells = cells_->failures.at(
        {LabelValue{or_none(backend.pool)}, LabelValue{backend.url}, LabelValue{name(reason)}});
    cells.last.set(now);
    cells.count.add(1);
}

void WorkerMetrics::finished(const RequestRecord& record) {
    const StatusText status{record.status};
    const LabelValue pool{or_none(record.pool)};
    const LabelValue model{model_label(record)};
    cells_->requests
        .at({pool, LabelValue{or_none(record.route)}, model, LabelValue{status.view()},
             LabelValue{name(record.outcome)}})
        .add(1);
    if (record.error) cells_->errors[static_cast<std::size_t>(*record.error)].add(1);

    PoolCells& by_pool = cells_->pools.at({pool});
    by_pool.duration.observe(record.duration);
    if (record.stream && record.first_token > Micros{0}) {
        by_pool.first_token.observe(record.first_token);
    }
    if (record.backend.empty()) return;

    cells_->added_latency.observe(record.own);
    cells_->picks.at({pool, LabelValue{record.backend}, LabelValue{or_none(record.reason)}}).add(1);
    if (!record.session.empty()) {
        cells_->sessions.at({pool, LabelValue{record.session}}).add(1);
    }
    count_tokens(record, cells_->tokens.at({pool, model}));
}

}  // namespace penstock::telemetry
