// How often one path of one backend is asked. Pure.
//
// An engine answers polls in the process that serves requests, and Penstock parses the answers on
// one core: both are kept from being burdened. The interval is the longest of the configured one,
// 20 times the smoothed answer time, and what keeps all polls of this kind under their share of a
// core; failures back off to a second.
#pragma once

#include <cstddef>
#include <cstdint>

#include "penstock/base/units.h"

namespace penstock::monitor {

/// Shares of one core that all polls of a kind may take together: 5 % in sum.
inline constexpr double k_metrics_share = 0.04;
inline constexpr double k_health_share = 0.005;
inline constexpr double k_models_share = 0.005;

/// Answer times to wait between polls, so that at most 5 % of an engine's time goes into answering.
inline constexpr int k_answer_times = 20;

/// The system calls of one poll on a kept connection, which no clock of ours sees; an estimate.
inline constexpr Micros k_exchange_cost{60};

/// Where trouble is looked into again: the longest wait of a doubted backend, and of a back-off.
inline constexpr Micros k_doubt_interval{1'000'000};

class Pace {
public:
    /// `configured`: the shortest interval; `share` of a core for all backends together, over 0.
    Pace(Millis configured, double share) noexcept;

    /// A good answer: how long it took from sending to the last byte, and the CPU its reading cost.
    void answered(Micros took, Micros cpu) noexcept;
    void failed() noexcept;

    /// From the start of one poll to the start of the next. `backends`: how many are polled.
    [[nodiscard]] Micros interval(std::size_t backends) const noexcept;
    /// The same for a backend in doubt: at most a second, unless the budget says longer.
    [[nodiscard]] Micros doubt_interval(std::size_t backends) const noexcept;

private:
    [[nodiscard]] Micros budget(std::size_t backends) const noexcept;

    Micros configured_;
    double share_;
    double took_us_ = 0;
    double cpu_us_ = 0;
    bool measured_ = false;
    std::uint32_t failures_ = 0;
};

/// The wait with its jitter: up to a tenth longer, never shorter, so that polls do not fall into
/// step. After the first poll, which went out at once with everybody else's, up to twice as long.
/// `chance`: uniform in [0, 1).
[[nodiscard]] Micros jittered(Micros interval, bool first, double chance) noexcept;

}  // namespace penstock::monitor
