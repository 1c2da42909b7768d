// What is believed of a backend's speed before it has served anything. Pure.
#pragma once

#include <span>

#include "penstock/fleet/identity.h"
#include "penstock/fleet/rates.h"

namespace penstock::fleet {

/// Of an engine of this kind: where nothing is known, as it is usually run. A prior weighs as much
/// as two observations, fading: it decides where the first requests go, and little more.
[[nodiscard]] Rates usual_rates(Engine engine) noexcept;

/// Of a backend that is new among others of its pool: the median of each rate that they have shown,
/// for they are mostly the same model on the same machines; the usual rate where none has shown it.
/// Counts are zero.
[[nodiscard]] Rates expected_rates(Engine engine, std::span<const Rates> others);

}  // namespace penstock::fleet
