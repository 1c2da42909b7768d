// The families of one scrape: sums over the workers, by catalogue row and label values. Thread: the
// scraping one.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "buckets.h"
#include "catalogue.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::telemetry {

/// A value as it may stand in an exposition: at most `k_label_bytes_max` bytes, and UTF-8, since
/// one bad byte makes a scraper refuse the whole page.
inline constexpr std::size_t k_label_bytes_max = 256;
[[nodiscard]] std::string label_text(std::string_view value);

class Families {
public:
    Families();

    /// Adds to a counter or gauge. `labels`: values in the catalogue's order.
    void add(std::size_t row, std::vector<std::string> labels, double value);

    /// Adds a worker's histogram.
    template <class Histogram>
    void merge(std::size_t row, const std::vector<std::string>& labels, const Histogram& cells) {
        std::vector<std::uint64_t> counts(Histogram::k_bounds.size() + 1);
        for (std::size_t at = 0; at < counts.size(); ++at) counts[at] = cells.count(at);
        add_histogram(row, labels, {Histogram::k_bounds, counts, cells.sum_seconds()});
    }

    /// A source's value. False, and left out, when the catalogue does not describe it: unknown
    /// name, other labels, a histogram, or a metric that the workers count.
    [[nodiscard]] bool set(const Sample& sample);

    /// Those with a value, in the catalogue's order.
    [[nodiscard]] std::vector<prometheus::MetricFamily> take() &&;

private:
    struct Counts {
        Buckets bounds;
        const std::vector<std::uint64_t>& per_bucket;
        double sum_seconds;
    };
    void add_histogram(std::size_t row, std::vector<std::string> labels, const Counts& counts);
    prometheus::ClientMetric& at(std::size_t row, std::vector<std::string> labels);

    std::vector<std::map<std::vector<std::string>, prometheus::ClientMetric>> rows_;
};

}  // namespace penstock::telemetry
