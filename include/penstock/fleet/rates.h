// How fast a backend is, learned from what its streams show: the rates that turn tokens of work
// into seconds. Pure; one owner.
#pragma once

#include <cstdint>

#include "penstock/fleet/adapters.h"
#include "penstock/fleet/identity.h"

namespace penstock::fleet {

/// What an engine needs for a piece of work. Seconds and tokens.
struct Rates {
    double first_overhead = 0.02;     // from sending to the first token, besides the prefill
    double prefill_per_token = 1e-4;  // of an uncached prompt token
    double step = 0.01;               // of one decode step of a batch of one
    double step_per_request = 1e-4;   // what each further request of the batch adds to it
    double adapter_load = 0.15;       // to bring a LoRA adapter in
    std::uint32_t first_tokens = 0;   // observations behind the first two
    std::uint32_t gaps = 0;           // behind the next two
    std::uint32_t adapter_loads = 0;  // and behind the last

    /// Until the first token of a request with so many tokens to prefill, its own and those before
    /// it in the queue.
    [[nodiscard]] double first_token(double tokens) const noexcept {
        return first_overhead + prefill_per_token * tokens;
    }
    [[nodiscard]] double decode_step(double batch) const noexcept {
        return step + step_per_request * (batch > 1 ? batch - 1 : 0);
    }
};

/// A straight line through observations that never end: forgets slowly, looks away from outliers,
/// and quickly believes a change that lasts. Errors count relative to the value, since times of
/// milliseconds and of seconds lie on one line.
class LineFit {
public:
    /// The line to begin with, and the width of `x` over which it is believed.
    LineFit(double offset, double slope, double typical_x) noexcept;

    /// `y` must be positive. `late`: how much a value above the line counts, of one below it.
    /// `certain`: its weight in the line, from 0 to 1; how far off it is tells of a change all the
    /// same. O(1).
    void add(double x, double y, double late = 1, double certain = 1) noexcept;
    [[nodiscard]] double offset() const noexcept { return offset_; }
    [[nodiscard]] double slope() const noexcept { return slope_; }
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

private:
    struct Sums {
        double weight = 0, x = 0, y = 0, xx = 0, xy = 0;
        void add(double at, double value, double by) noexcept;
        void fade(double keep) noexcept;
    };
    void solve() noexcept;

    double offset_;
    double slope_;
    double typical_x_;
    double prior_offset_;
    double prior_slope_;
    Sums sums_;
    double scale_ = 0.3;  // usual size of a relative error
    double trend_ = 0;    // which side of the line they fall on lately, -1 to 1
    std::uint32_t count_ = 0;
};

/// What one streamed answer showed. Zero: it did not show that.
struct Observation {
    Slot slot = 0;
    float work_tokens = 0;    // to be prefilled until its first token: its own and those before it
    float ahead_tokens = 0;   // of these, those before it
    float first_token_s = 0;  // from sending to the first token
    float batch = 0;          // requests that were decoded beside it, itself included
    float gap_s = 0;          // between two of its tokens, on average
    float beside_tokens = 0;  // that were prefilled beside it in such a gap, on average
    AdapterRoom adapter = AdapterRoom::none;  // what its LoRA found at the pick
    float own_share = 1;  // of the requests on the backend at the pick, this proxy's
};

/// One backend's rates.
class RateLearner {
public:
    /// `prior`: what is believed of such an engine before it has served anything.
    explicit RateLearner(const Rates& prior) noexcept;

    /// A request's first token came after so many seconds; `tokens` were to be prefilled until
    /// then, its own uncached ones and those ahead of it when it was sent.
    /// Of a backend that others use too, `own_share` says how likely a delay was our work's;
    /// `certain`, how well the tokens are known.
    void first_token(double tokens, double seconds, double own_share = 1,
                     double certain = 1) noexcept;
    /// A token came so many seconds after the one before it, in a batch of about so many.
    void gap(double batch, double seconds, double own_share = 1) noexcept;
    /// A first token that waited for its LoRA adapter to be loaded.
    void cold_first_token(double tokens, double seconds) noexcept;

    void learn(const Observation& seen) noexcept;
    [[nodiscard]] Rates rates() const noexcept;

private:
    LineFit prefill_;
    LineFit decode_;
    double adapter_load_;
    std::uint32_t adapter_loads_ = 0;
};

}  // namespace penstock::fleet
