// The numbers a router is made with: defaults of its kind, and what the user set.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/assert.h"
#include "penstock/sim/routers.h"

namespace penstock::sim {

class Parameters {
public:
    explicit Parameters(std::vector<RouterParameter> values) : values_{std::move(values)} {}

    /// False: there is none of this name.
    bool set(std::string_view name, double value) {
        const auto found = std::ranges::find(values_, name, &RouterParameter::name);
        if (found == values_.end()) return false;
        found->value = value;
        return true;
    }
    /// Precondition: its kind has one of this name.
    [[nodiscard]] double operator[](std::string_view name) const {
        const auto found = std::ranges::find(values_, name, &RouterParameter::name);
        PENSTOCK_ASSERT(found != values_.end());
        return found->value;
    }

private:
    std::vector<RouterParameter> values_;
};

}  // namespace penstock::sim
