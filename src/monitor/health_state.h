// Is a backend fit to be sent requests? A pure state machine over what probes and traffic show.
//
// Owned by the backend's watch. Probes ask the engine's own health path; traffic is what workers
// report. A probe that is answered badly is the engine's own word and only a good probe takes it
// back; silence (no connection, no answer in time) is outweighed by successful traffic, since a
// busy engine may be late with its health while it serves.
#pragma once

#include <cstdint>
#include <string_view>

#include "penstock/fleet/load.h"

namespace penstock::monitor {

class HealthState {
public:
    enum class Input : std::uint8_t {
        probe_good,
        probe_bad,      // answered, and not well
        probe_loading,  // answered that the model is being loaded
        probe_silent,   // no connection, or no answer in time
        traffic_good,
        traffic_bad  // connect refused, reset
    };
    enum class Change : std::uint8_t {
        none,
        up,     // became healthy
        down,   // left healthy, or was found unhealthy
        moved,  // another state of unfitness
    };

    /// `rise`: good probes in a row that make an unfit backend healthy; `fall`: failures in a row
    /// that make a fit one unhealthy; both at least 1. An unknown backend believes the first probe.
    HealthState(std::uint32_t rise, std::uint32_t fall,
                fleet::Health start = fleet::Health::unknown) noexcept;

    Change step(Input input) noexcept;

    [[nodiscard]] fleet::Health health() const noexcept { return health_; }
    /// Failures are being counted, or it is unfit: a next probe soon would tell more.
    [[nodiscard]] bool in_doubt() const noexcept;

private:
    Change good_probe() noexcept;
    Change failure(Input input) noexcept;
    Change move_to(fleet::Health next) noexcept;

    std::uint32_t rise_;
    std::uint32_t fall_;
    fleet::Health health_;
    std::uint32_t goods_ = 0;     // good probes in a row while unfit
    std::uint32_t refusals_ = 0;  // bad answers since the last good probe
    std::uint32_t misses_ = 0;    // silence and failed traffic since the last sign of life
};

[[nodiscard]] std::string_view name(HealthState::Input input) noexcept;

}  // namespace penstock::monitor
