// All routers by name: Penstock's policies and models of its peers'. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/sim/router.h"

namespace penstock::sim {

/// A number that a router can be made with.
struct RouterParameter {
    std::string_view name;
    double value;  // the default, as its origin documents it
    std::string_view what;
};

struct RouterKind {
    std::string_view name;
    std::string_view what;
    bool ours;
    std::vector<RouterParameter> parameters;
};

/// In the order in which `all` runs them: ours first, the default policy first of all.
[[nodiscard]] const std::vector<RouterKind>& router_kinds();

struct NamedRouter {
    std::string name;  // the spec without what it leaves at its default
    RouterFactory make;
};

/// Routers by a list such as `all`, `prefix_load,gaie` or `gaie:prefix=1/3/6:queue=2`, of which the
/// last makes three. Errors: invalid_value, with a sentence that names what was not known.
[[nodiscard]] Result<std::vector<NamedRouter>> parse_routers(std::string_view list);

}  // namespace penstock::sim
