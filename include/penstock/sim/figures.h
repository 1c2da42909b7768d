// What a run is judged by, and what several runs say together. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "penstock/sim/fleet_run.h"

namespace penstock::sim {

/// The figures of one run.
enum class Figure : std::uint8_t {
    ttft_mean,   // seconds
    ttft_p50,    // seconds
    ttft_p90,    // seconds
    ttft_p99,    // seconds
    e2e_mean,    // seconds
    throughput,  // output tokens a second, to the last token
    goodput,     // requests a second of arrivals whose first token kept the objective
    hit_rate,    // share of prompt tokens found cached
    imbalance,   // requests on the fullest engine over the mean
    lost,        // requests refused, broken or too long, of all
};
inline constexpr std::size_t k_figures = 10;

struct FigureText {
    std::string_view key;   // in JSON
    std::string_view head;  // of a column, with its unit
    std::string_view what;
    bool more_is_better;
    int digits;  // after the point
};
[[nodiscard]] const FigureText& text(Figure figure);

using Figures = std::array<double, k_figures>;

/// `slo`: the objective for the time to first token, in seconds.
[[nodiscard]] Figures figures_of(const RunResult& result, double slo);

/// A mean over runs and half the width of its 95 % confidence interval (Student's t); 0 with one
/// run.
struct Estimate {
    double mean = 0;
    double half = 0;
    friend bool operator==(const Estimate&, const Estimate&) = default;
};
[[nodiscard]] Estimate estimate(std::span<const double> values);

/// The runs of one router, one for each seed.
struct Runs {
    std::vector<Figures> seeds;
    [[nodiscard]] Estimate of(Figure figure) const;
    /// This minus `other`, seed by seed. Precondition: the same seeds.
    [[nodiscard]] Estimate difference(const Runs& other, Figure figure) const;
};

/// The 97.5 % quantile of Student's t.
[[nodiscard]] double t_quantile(std::size_t degrees_of_freedom);
/// The value below which the share `p` of them lies (nearest rank). Reorders. 0 for none.
[[nodiscard]] double percentile(std::span<float> values, double p);

}  // namespace penstock::sim
