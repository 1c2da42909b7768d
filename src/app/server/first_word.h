// Whether a generation knows enough of its backends to be decided by. Pure.
#pragma once

#include "penstock/fleet/load.h"
#include "penstock/proxy/generation.h"

namespace penstock::app {

/// True when a request for a model of `pool` may be sent to the backend that `state` tells of.
[[nodiscard]] bool takes_requests(const proxy::Pool& pool,
                                  const fleet::BackendState& state) noexcept;

/// True while some pool has nobody to send to, and a backend that was asked and has not said a word
/// yet: good or bad, its first answers are what is worth waiting for.
[[nodiscard]] bool awaits_first_word(const proxy::Generation& generation,
                                     const fleet::LoadTable& table) noexcept;

}  // namespace penstock::app
