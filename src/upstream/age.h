// How old a connection to an engine may grow.
#pragma once

#include "penstock/base/rng.h"
#include "penstock/base/units.h"

namespace penstock::upstream {

/// Until when a connection that is made now takes requests. Give or take a tenth: those that were
/// made together are not to be made anew together. `age` zero: for ever.
[[nodiscard]] inline TimePoint takes_until(TimePoint now, Millis age, Rng& rng) noexcept {
    if (age == Millis{0}) return TimePoint::max();
    const double share = 0.9 + 0.2 * rng.unit();
    return now + Millis{static_cast<Millis::rep>(share * static_cast<double>(age.count()))};
}

}  // namespace penstock::upstream
