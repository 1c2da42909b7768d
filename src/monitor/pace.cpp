#include "pace.h"

#include <algorithm>

namespace penstock::monitor {

namespace {

constexpr double k_smoothing = 1.0 / 8;
constexpr std::uint32_t k_doublings_max = 10;

double smooth(double old, double now) noexcept {
    return old + (now - old) * k_smoothing;
}

Micros to_micros(double us) noexcept {
    return Micros{static_cast<Micros::rep>(us)};
}

}  // namespace

Pace::Pace(Millis configured, double share) noexcept : configured_{configured}, share_{share} {}

void Pace::answered(Micros took, Micros cpu) noexcept {
    const auto took_us = static_cast<double>(took.count());
    const auto cpu_us = static_cast<double>(cpu.count());
    took_us_ = measured_ ? smooth(took_us_, took_us) : took_us;
    cpu_us_ = measured_ ? smooth(cpu_us_, cpu_us) : cpu_us;
    measured_ = true;
    failures_ = 0;
}

void Pace::failed() noexcept {
    failures_ = std::min(failures_ + 1, k_doublings_max);
}

Micros Pace::budget(std::size_t backends) const noexcept {
    const double cost = static_cast<double>(k_exchange_cost.count()) + cpu_us_;
    return to_micros(static_cast<double>(backends) * cost / share_);
}

Micros Pace::interval(std::size_t backends) const noexcept {
    const Micros backed_off = std::min(configured_ * (1U << failures_), k_doubt_interval);
    const Micros polite = to_micros(took_us_ * k_answer_times);
    return std::max({configured_, budget(backends), polite, backed_off});
}

Micros Pace::doubt_interval(std::size_t backends) const noexcept {
    return std::max(budget(backends), std::min(interval(backends), k_doubt_interval));
}

Micros jittered(Micros interval, bool first, double chance) noexcept {
    const double spread = first ? 1.0 : 0.1;
    return to_micros(static_cast<double>(interval.count()) * (1.0 + spread * chance));
}

}  // namespace penstock::monitor
