// The table of all routers. Private to the module.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "parameters.h"
#include "penstock/sim/routers.h"

namespace penstock::sim {

struct RouterMaker {
    RouterKind kind;
    std::function<std::unique_ptr<Router>(const RouterSetting&, const Parameters&)> make;
};

[[nodiscard]] const std::vector<RouterMaker>& router_makers();

}  // namespace penstock::sim
