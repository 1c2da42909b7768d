#include "penstock/fleet/rates.h"

#include <algorithm>
#include <cmath>

namespace penstock::fleet {

namespace {

constexpr double k_keep = 0.985;          // of the past, at each observation: some 70 count
constexpr double k_keep_changing = 0.85;  // while all fall on one side of the line
constexpr double k_trend_weight = 0.1;
constexpr double k_trend_changing = 0.8;
constexpr double k_outlier = 2.0;  // usual errors beyond which one counts less
constexpr double k_scale_weight = 0.05;
constexpr double k_scale_least = 0.02;
constexpr double k_prior_weight = 1.0;  // of each of the prior's two points
constexpr double k_least_unit = 0.04;   // of the prior's value at a usual piece of work
constexpr double k_tiny = 1e-9;
constexpr double k_load_weight = 0.1;  // of what one more adapter's loading shows; first ones more
constexpr double k_load_step = 3.0;    // at most so many times, or this part of, what was believed
constexpr double k_load_least = 1e-3;
constexpr double k_slope_least = 1e-3;     // of the prior's: more of something never comes for free
constexpr double k_certainty_least = 0.2;  // with less, queues are not learned where all is cached

/// Of the work until a first token, the prompt's own part is known and what stands before it is
/// guessed. Guesses count less: errors in what a line is drawn over make it too flat.
double certainty(const Observation& seen) noexcept {
    const double work = std::max(seen.work_tokens, 1.0F);
    const double own = std::clamp(1 - static_cast<double>(seen.ahead_tokens) / work, 0.0, 1.0);
    return std::max(k_certainty_least, own * own);
}

}  // namespace

void LineFit::Sums::add(double at, double value, double by) noexcept {
    weight += by;
    x += by * at;
    y += by * value;
    xx += by * at * at;
    xy += by * at * value;
}

void LineFit::Sums::fade(double keep) noexcept {
    weight *= keep;
    x *= keep;
    y *= keep;
    xx *= keep;
    xy *= keep;
}

LineFit::LineFit(double offset, double slope, double typical_x) noexcept
    : offset_{offset},
      slope_{slope},
      typical_x_{typical_x},
      prior_offset_{offset},
      prior_slope_{slope} {}

void LineFit::add(double x, double y, double late, double certain) noexcept {
    const double expected = std::max(offset_ + slope_ * x, k_tiny);
    const double error = (y - expected) / expected;
    const double credit = error > 0 ? late : 1.0;
    trend_ += k_trend_weight * credit * ((error > 0 ? 1.0 : -1.0) - trend_);
    const bool changing = std::abs(trend_) > k_trend_changing;
    const double far = std::abs(error) / (k_outlier * scale_);
    const double trust = credit * (changing || far <= 1 ? 1.0 : 1.0 / far);
    scale_ += k_scale_weight * credit * (std::min(std::abs(error), 3 * scale_) - scale_);
    scale_ = std::max(scale_, k_scale_least);
    sums_.fade(changing ? k_keep_changing : k_keep);
    // By the smaller of the two: an answer that came far too late must not weigh the more for it.
    const double unit = changing ? y : expected;
    sums_.add(x, y, certain * trust / (unit * unit));
    ++count_;
    solve();
}

void LineFit::solve() noexcept {
    Sums all = sums_;
    // An offset of nothing, taken over from others, must not weigh more than all that is seen.
    const double least =
        std::max(k_least_unit * (prior_offset_ + prior_slope_ * typical_x_), k_tiny);
    for (const double x : {0.0, typical_x_}) {
        const double y = prior_offset_ + prior_slope_ * x;
        const double unit = std::max(y, least);
        const double faded = k_prior_weight / (1.0 + 0.1 * count_);
        all.add(x, y, faded / (unit * unit));
    }
    const double spread = all.weight * all.xx - all.x * all.x;
    if (spread <= k_tiny * all.weight * all.xx) return;
    slope_ = (all.weight * all.xy - all.x * all.y) / spread;
    offset_ = (all.y - slope_ * all.x) / all.weight;
    if (offset_ < 0) {
        offset_ = 0;
        slope_ = all.xy / all.xx;
    }
    if (slope_ < k_slope_least * prior_slope_) {
        slope_ = k_slope_least * prior_slope_;
        offset_ = std::max(0.0, (all.y - slope_ * all.x) / all.weight);
    }
}

RateLearner::RateLearner(const Rates& prior) noexcept
    : prefill_{prior.first_overhead, prior.prefill_per_token, 4096},
      decode_{prior.step, prior.step_per_request, 16},
      adapter_load_{prior.adapter_load} {}

void RateLearner::first_token(double tokens, double seconds, double own_share,
                              double certain) noexcept {
    if (seconds > 0) prefill_.add(std::max(tokens, 0.0), seconds, own_share, certain);
}

void RateLearner::gap(double batch, double seconds, double own_share) noexcept {
    if (seconds > 0) decode_.add(std::max(batch - 1, 0.0), seconds, own_share);
}

// What is left of the time when the rest is taken off. Small where the adapter was there after all,
// which is part of what a belief that it was not should cost.
void RateLearner::cold_first_token(double tokens, double seconds) noexcept {
    if (seconds <= 0) return;
    const double rest = prefill_.offset() + prefill_.slope() * std::max(tokens, 0.0);
    const double load =
        std::clamp(seconds - rest, adapter_load_ / k_load_step, adapter_load_ * k_load_step);
    ++adapter_loads_;
    const double weight = std::max(k_load_weight, 1.0 / (adapter_loads_ + 1));
    adapter_load_ = std::max(k_load_least, adapter_load_ + weight * (load - adapter_load_));
}

void RateLearner::learn(const Observation& seen) noexcept {
    const auto tokens = static_cast<double>(seen.work_tokens);
    const auto until_first = static_cast<double>(seen.first_token_s);
    const auto own_share = static_cast<double>(seen.own_share);
    const bool cold = seen.adapter == AdapterRoom::free || seen.adapter == AdapterRoom::idle;
    if (cold) {
        cold_first_token(tokens, until_first);
    } else if (seen.adapter != AdapterRoom::busy) {  // who waited for a slot shows no rate
        first_token(tokens, until_first, own_share, certainty(seen));
    }
    // Prompts that are prefilled meanwhile make each step longer, and are no part of decoding.
    const double prefill = prefill_.slope() * static_cast<double>(seen.beside_tokens);
    const auto whole = static_cast<double>(seen.gap_s);
    gap(static_cast<double>(seen.batch), std::max(whole - prefill, 0.1 * whole), own_share);
}

Rates RateLearner::rates() const noexcept {
    return {.first_overhead = prefill_.offset(),
            .prefill_per_token = prefill_.slope(),
            .step = decode_.offset(),
            .step_per_request = decode_.slope(),
            .adapter_load = adapter_load_,
            .first_tokens = prefill_.count(),
            .gaps = decode_.count(),
            .adapter_loads = adapter_loads_};
}

}  // namespace penstock::fleet
