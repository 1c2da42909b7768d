// Models of how other routers choose, each in a file of its own, from their published
// descriptions. They see what Penstock's policies see: the last polls and their own counters.
#pragma once

#include <memory>

#include "../parameters.h"
#include "penstock/sim/router.h"

namespace penstock::sim {

using RouterMake = std::unique_ptr<Router>(const RouterSetting&, const Parameters&);

RouterMake make_least_request;
RouterMake make_consistent_hash;
RouterMake make_sglang_cache_aware;
RouterMake make_gaie;
RouterMake make_llmd_sticky;
RouterMake make_dynamo;
RouterMake make_aibrix_prefix;
RouterMake make_vllm_stack_prefix;

}  // namespace penstock::sim
