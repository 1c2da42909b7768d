#include "penstock/sim/figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "penstock/base/assert.h"

namespace penstock::sim {

namespace {

constexpr std::array<FigureText, k_figures> k_texts{{
    {"ttft_mean_s", "TTFT mean s", "time to first token, mean", false, 3},
    {"ttft_p50_s", "p50 s", "time to first token, median", false, 3},
    {"ttft_p90_s", "p90 s", "time to first token, 90th percentile", false, 3},
    {"ttft_p99_s", "p99 s", "time to first token, 99th percentile", false, 3},
    {"e2e_mean_s", "E2E mean s", "time to the last token, mean", false, 2},
    {"throughput_tokens_per_s", "tokens/s", "output tokens a second until all is answered", true,
     0},
    {"goodput_per_s", "goodput/s", "requests a second whose first token kept the objective", true,
     3},
    {"hit_rate", "hit rate", "share of prompt tokens found in the engine's cache", true, 3},
    {"imbalance", "imbalance", "requests on the fullest engine over the mean", false, 2},
    {"lost", "lost", "share of requests refused, broken or too long", false, 4},
}};

double seconds(Micros time) {
    return static_cast<double>(time.count()) / 1e6;
}

double at_least_a_millisecond(Micros span) {
    return std::max(seconds(span), 1e-3);
}

constexpr std::size_t at(Figure figure) {
    return static_cast<std::size_t>(figure);
}

}  // namespace

const FigureText& text(Figure figure) {
    return k_texts[at(figure)];
}

Figures figures_of(const RunResult& result, double slo) {
    std::vector<float> first = result.first_token;
    const double first_sum = std::accumulate(first.begin(), first.end(), 0.0);
    const double duration = std::accumulate(result.duration.begin(), result.duration.end(), 0.0);
    const auto kept = std::ranges::count_if(
        first, [slo](float each) { return static_cast<double>(each) <= slo; });
    const auto finished = static_cast<double>(std::max<std::uint64_t>(result.finished, 1));
    const auto arrived = static_cast<double>(std::max<std::uint64_t>(result.arrived, 1));
    Figures figures{};
    figures[at(Figure::ttft_mean)] = first_sum / finished;
    figures[at(Figure::ttft_p50)] = percentile(first, 0.50);
    figures[at(Figure::ttft_p90)] = percentile(first, 0.90);
    figures[at(Figure::ttft_p99)] = percentile(first, 0.99);
    figures[at(Figure::e2e_mean)] = duration / finished;
    figures[at(Figure::throughput)] = static_cast<double>(result.output_tokens) /
                                      at_least_a_millisecond(result.end - result.first_arrival);
    figures[at(Figure::goodput)] =
        static_cast<double>(kept) /
        at_least_a_millisecond(result.last_arrival - result.first_arrival);
    figures[at(Figure::hit_rate)] =
        result.prompt_tokens == 0
            ? 0
            : static_cast<double>(result.cached_tokens) / static_cast<double>(result.prompt_tokens);
    figures[at(Figure::imbalance)] = result.imbalance;
    figures[at(Figure::lost)] = static_cast<double>(result.arrived - result.finished) / arrived;
    return figures;
}

double percentile(std::span<float> values, double p) {
    if (values.empty()) return 0;
    const auto rank =
        static_cast<std::size_t>(std::max(1.0, std::ceil(p * static_cast<double>(values.size()))));
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(values.begin(), nth, values.end());
    return static_cast<double>(*nth);
}

double t_quantile(std::size_t degrees_of_freedom) {
    // Any table of Student's t; beyond it an expansion in 1/n, good to 0.001.
    constexpr std::array<double, 20> k_table{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
                                             2.306,  2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
                                             2.131,  2.120, 2.110, 2.101, 2.093, 2.086};
    PENSTOCK_ASSERT(degrees_of_freedom > 0);
    if (degrees_of_freedom <= k_table.size()) return k_table[degrees_of_freedom - 1];
    const auto n = static_cast<double>(degrees_of_freedom);
    return 1.95996 + 2.37227 / n + 2.8225 / (n * n);
}

Estimate estimate(std::span<const double> values) {
    if (values.empty()) return {};
    const auto count = static_cast<double>(values.size());
    double mean = 0;
    for (const double value : values) mean += value / count;
    if (values.size() == 1) return {.mean = mean};
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double deviation = std::sqrt(squares / (count - 1));
    return {.mean = mean, .half = t_quantile(values.size() - 1) * deviation / std::sqrt(count)};
}

Estimate Runs::of(Figure figure) const {
    std::vector<double> values;
    for (const Figures& each : seeds) values.push_back(each[at(figure)]);
    return estimate(values);
}

Estimate Runs::difference(const Runs& other, Figure figure) const {
    PENSTOCK_ASSERT(seeds.size() == other.seeds.size());
    std::vector<double> values;
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        values.push_back(seeds[i][at(figure)] - other.seeds[i][at(figure)]);
    }
    return estimate(values);
}

}  // namespace penstock::sim
