#include "families.h"

#include <optional>
#include <utility>

#include "penstock/base/utf8.h"

namespace penstock::telemetry {

namespace {

prometheus::MetricType type_of(Kind kind) noexcept {
    switch (kind) {
        case Kind::counter:
            return prometheus::MetricType::Counter;
        case Kind::gauge:
            return prometheus::MetricType::Gauge;
        case Kind::histogram:
            return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

/// The sample's values in the catalogue's order, or nothing when its labels are not this metric's.
std::optional<std::vector<std::string>> ordered_labels(const Metric& metric, const Sample& sample) {
    if (sample.labels.size() != metric.label_count()) return std::nullopt;
    std::vector<std::string> values;
    for (std::size_t at = 0; at < metric.label_count(); ++at) {
        const auto found = std::ranges::find(sample.labels, metric.labels[at],
                                             &std::pair<std::string_view, std::string>::first);
        if (found == sample.labels.end()) return std::nullopt;
        values.push_back(found->second);
    }
    return values;
}

}  // namespace

std::string label_text(std::string_view value) {
    std::string text;
    while (!value.empty() && text.size() < k_label_bytes_max) {
        const std::size_t length = utf8_length(value);
        if (text.size() + length > k_label_bytes_max) break;
        if (length == 0) {
            text += '?';
        } else {
            text += value.substr(0, length);
        }
        value.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

Families::Families() : rows_(k_catalogue.size()) {}

prometheus::ClientMetric& Families::at(std::size_t row, std::vector<std::string> labels) {
    for (std::string& value : labels) value = label_text(value);
    const auto [entry, fresh] = rows_[row].try_emplace(std::move(labels));
    if (fresh) {
        for (std::size_t label = 0; label < entry->first.size(); ++label) {
            entry->second.label.push_back(
                {std::string{k_catalogue[row].labels[label]}, entry->first[label]});
        }
    }
    return entry->second;
}

void Families::add(std::size_t row, std::vector<std::string> labels, double value) {
    prometheus::ClientMetric& metric = at(row, std::move(labels));
    if (k_catalogue[row].kind == Kind::counter) {
        metric.counter.value += value;
    } else {
        metric.gauge.value += value;
    }
}

void Families::add_histogram(std::size_t row, std::vector<std::string> labels,
                             const Counts& counts) {
    auto& histogram = at(row, std::move(labels)).histogram;
    // The serializer adds the +Inf bucket from the total.
    histogram.bucket.resize(counts.bounds.size());
    std::uint64_t cumulative = 0;
    for (std::size_t at = 0; at < counts.bounds.size(); ++at) {
        cumulative += counts.per_bucket[at];
        histogram.bucket[at].upper_bound = counts.bounds[at] / 1e6;
        histogram.bucket[at].cumulative_count += cumulative;
    }
    histogram.sample_count += cumulative + counts.per_bucket.back();
    histogram.sample_sum += counts.sum_seconds;
}

bool Families::set(const Sample& sample) {
    const std::size_t row = find_metric(sample.metric);
    if (row == k_no_metric || k_catalogue[row].kind == Kind::histogram ||
        k_catalogue[row].origin == Origin::worker) {
        return false;
    }
    auto labels = ordered_labels(k_catalogue[row], sample);
    if (!labels) return false;
    prometheus::ClientMetric& metric = at(row, std::move(*labels));
    metric.counter.value = sample.value;
    metric.gauge.value = sample.value;
    return true;
}

std::vector<prometheus::MetricFamily> Families::take() && {
    std::vector<prometheus::MetricFamily> families;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (rows_[row].empty()) continue;
        const Metric& metric = k_catalogue[row];
        auto& family = families.emplace_back();
        family.name = metric.name;
        family.help = metric.sentence;
        family.type = type_of(metric.kind);
        for (auto& [labels, value] : rows_[row]) family.metric.push_back(std::move(value));
    }
    return families;
}

}  // namespace penstock::telemetry
