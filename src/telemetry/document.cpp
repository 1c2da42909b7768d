// conf/METRICS.md, from the catalogue.
#include <string>

#include "buckets.h"
#include "catalogue.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::telemetry {

namespace {

constexpr std::string_view k_head =
    "# Metrics\n"
    "\n"
    "Generated from the metric catalogue; do not edit (`scripts/generate` writes it anew).\n"
    "\n"
    "`GET /metrics` on the admin listener answers in Prometheus' text format. Counters are summed\n"
    "over the workers at each scrape. Label values are bounded: pools, routes and backends come "
    "from\n"
    "the config or from discovery, a `model` is one that the config or an engine names, every "
    "other\n"
    "one counts as `other`; `none` stands where a request had none. Beyond 1024 series of one "
    "family\n"
    "in one worker further ones count under `other` in every label.\n";

void append_labels(std::string& out, const Metric& metric) {
    if (metric.label_count() == 0) {
        out += "–";
        return;
    }
    for (std::size_t at = 0; at < metric.label_count(); ++at) {
        if (at > 0) out += ", ";
        out += '`';
        out += metric.labels[at];
        out += '`';
    }
}

void append_row(std::string& out, const Metric& metric) {
    out += "| `";
    out += metric.name;
    out += "` | ";
    out += name(metric.kind);
    out += " | ";
    out += metric.unit.empty() ? "–" : metric.unit;
    out += " | ";
    append_labels(out, metric);
    out += " | ";
    out += metric.sentence;
    out += " |\n";
}

void append_group(std::string& out, Group group) {
    out += "\n## ";
    out += title(group);
    out += "\n\n| name | kind | unit | labels | what it says |\n|---|---|---|---|---|\n";
    for (const Metric& metric : k_catalogue) {
        if (metric.group == group) append_row(out, metric);
    }
}

void append_buckets(std::string& out, std::string_view metric, Buckets buckets) {
    out += "- `";
    out += metric;
    out += "`: ";
    for (const std::uint32_t bound : buckets) {
        if (bound != buckets.front()) out += ", ";
        out += seconds_text(bound);
    }
    out += "\n";
}

}  // namespace

std::string_view name(Kind kind) noexcept {
    switch (kind) {
        case Kind::counter:
            return "counter";
        case Kind::gauge:
            return "gauge";
        case Kind::histogram:
            return "histogram";
    }
    return "";
}

std::string_view title(Group group) noexcept {
    constexpr std::array<std::string_view, k_groups> k_titles{
        "Requests", "Tokens and the prefix cache", "Routing", "Connections", "Backends", "Process"};
    return k_titles[static_cast<std::size_t>(group)];
}

std::string metrics_document() {
    std::string out{k_head};
    for (std::size_t group = 0; group < k_groups; ++group) {
        append_group(out, static_cast<Group>(group));
    }
    out += "\n## Buckets of the histograms, in seconds\n\n";
    append_buckets(out, k_catalogue[metric("penstock_time_to_first_token_seconds")].name,
                   k_first_token_buckets);
    append_buckets(out, k_catalogue[metric("penstock_inter_token_seconds")].name,
                   k_inter_token_buckets);
    append_buckets(out, k_catalogue[metric("penstock_request_duration_seconds")].name,
                   k_duration_buckets);
    append_buckets(out, k_catalogue[metric("penstock_added_latency_seconds")].name,
                   k_added_latency_buckets);
    return out;
}

}  // namespace penstock::telemetry
