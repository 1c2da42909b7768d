// Builders of what a decision looks at.
#pragma once

#include <memory>
#include <ostream>
#include <vector>

#include "penstock/routing/policy.h"

namespace penstock::routing {

/// For the names of tests: all of them in a program must see it.
inline std::ostream& operator<<(std::ostream& out, PolicyName name) {
    return out << make_policy({.policy = name})->name();
}

}  // namespace penstock::routing

namespace penstock::routing::test {

/// `count` fit and idle backends of equal weight.
inline std::vector<fleet::SheetRow> idle_sheet(std::uint32_t count) {
    std::vector<fleet::SheetRow> sheet(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        sheet[i].slot = i;
        sheet[i].identity = 0x9E3779B97F4A7C15ULL * (i + 1);
        sheet[i].fresh = true;
        sheet[i].kv_use = 0.1F;
    }
    return sheet;
}

inline std::unique_ptr<Policy> policy(PolicyName name, double bounded_load = 1.25) {
    return make_policy({.policy = name, .bounded_load = bounded_load});
}

/// How often each row is picked in `rounds` decisions; `sequence` runs on.
inline std::vector<std::uint32_t> histogram(const Policy& policy, Input input,
                                            const std::vector<fleet::SheetRow>& sheet,
                                            std::uint32_t rounds) {
    std::vector<std::uint32_t> picks(sheet.size());
    Rng rng{42};
    for (std::uint32_t i = 0; i < rounds; ++i) {
        input.sequence = i;
        const Decision decision = policy.decide(input, sheet, rng);
        if (decision.found()) ++picks[decision.row];
    }
    return picks;
}

}  // namespace penstock::routing::test
