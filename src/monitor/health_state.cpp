#include "health_state.h"

#include <algorithm>

namespace penstock::monitor {

using fleet::Health;

HealthState::HealthState(std::uint32_t rise, std::uint32_t fall, Health start) noexcept
    : rise_{std::max(rise, 1U)}, fall_{std::max(fall, 1U)}, health_{start} {}

HealthState::Change HealthState::step(Input input) noexcept {
    switch (input) {
        case Input::probe_good:
            return good_probe();
        case Input::traffic_good:
            // No way up: an answer that ends now may have begun before the trouble.
            misses_ = 0;
            return Change::none;
        case Input::probe_bad:
        case Input::probe_loading:
        case Input::probe_silent:
        case Input::traffic_bad:
            return failure(input);
    }
    return Change::none;
}

HealthState::Change HealthState::good_probe() noexcept {
    refusals_ = 0;
    misses_ = 0;
    if (health_ == Health::healthy) return Change::none;
    ++goods_;
    if (health_ != Health::unknown && goods_ < rise_) return Change::none;
    return move_to(Health::healthy);
}

HealthState::Change HealthState::failure(Input input) noexcept {
    goods_ = 0;
    const bool loading = input == Input::probe_loading;
    if (health_ == Health::unhealthy) return loading ? move_to(Health::loading) : Change::none;
    if (health_ == Health::loading && loading) {
        refusals_ = 0;
        misses_ = 0;
        return Change::none;
    }
    ++(loading || input == Input::probe_bad ? refusals_ : misses_);
    const bool first_word = health_ == Health::unknown && input != Input::traffic_bad;
    if (!first_word && refusals_ + misses_ < fall_) return Change::none;
    return move_to(loading ? Health::loading : Health::unhealthy);
}

HealthState::Change HealthState::move_to(Health next) noexcept {
    const bool was_healthy = health_ == Health::healthy;
    health_ = next;
    goods_ = 0;
    refusals_ = 0;
    misses_ = 0;
    if (next == Health::healthy) return Change::up;
    return was_healthy || next == Health::unhealthy ? Change::down : Change::moved;
}

bool HealthState::in_doubt() const noexcept {
    return health_ != Health::healthy || refusals_ + misses_ > 0;
}

std::string_view name(HealthState::Input input) noexcept {
    switch (input) {
        case HealthState::Input::probe_good:
            return "probe_good";
        case HealthState::Input::probe_bad:
            return "probe_bad";
        case HealthState::Input::probe_loading:
            return "probe_loading";
        case HealthState::Input::probe_silent:
            return "probe_silent";
        case HealthState::Input::traffic_good:
            return "traffic_good";
        case HealthState::Input::traffic_bad:
            return "traffic_bad";
    }
    return "";
}

}  // namespace penstock::monitor
