// What the connections of a worker share.
#pragma once

#include <cstdint>

#include "penstock/base/rng.h"
#include "penstock/h1/client.h"
#include "penstock/h2/client.h"

namespace penstock::upstream {

struct Scratch {
    /// `seed`: of `rng`.
    explicit Scratch(std::uint64_t seed) : rng{seed} {}

    h1::ClientScratch h1;
    h2::ClientShared h2;
    Rng rng;  // for how old each may grow
};

}  // namespace penstock::upstream
