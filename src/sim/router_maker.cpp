#include "router_maker.h"

#include "penstock_router.h"

namespace penstock::sim {

namespace {

using routing::BalanceOptions;
using routing::PolicyName;

RouterMaker ours(PolicyName policy, std::string_view name, std::string_view what,
                 std::vector<RouterParameter> parameters = {}) {
    return {.kind = {.name = name, .what = what, .ours = true, .parameters = parameters},
            .make = [policy](const RouterSetting& setting, const Parameters& set) {
                BalanceOptions balance{.policy = policy};
                if (policy == PolicyName::prefix_load) {
                    balance.prefix_weight = set["prefix_weight"];
                }
                if (policy == PolicyName::prefix_hash) {
                    balance.bounded_load = set["bounded_load"];
                }
                return std::make_unique<PenstockRouter>(setting, balance);
            }};
}

std::vector<RouterMaker> all() {
    const BalanceOptions defaults;
    std::vector<RouterMaker> makers;
    makers.push_back(ours(PolicyName::prefix_load, "prefix_load",
                          "Penstock's default: least work until the first token",
                          {{"prefix_weight", defaults.prefix_weight,
                            "worth of a cached block against one of queued work"}}));
    makers.push_back(ours(PolicyName::least_load, "least_load",
                          "Penstock: fewest requests, by polls and own counters"));
    makers.push_back(ours(PolicyName::prefix_hash, "prefix_hash",
                          "Penstock: consistent hash of the prompt's beginning, bounded load",
                          {{"bounded_load", defaults.bounded_load, "most load over the mean"}}));
    makers.push_back(ours(PolicyName::power_of_two, "power_of_two", "the less loaded of two"));
    makers.push_back(ours(PolicyName::round_robin, "round_robin", "one after the other"));
    makers.push_back(ours(PolicyName::random, "random", "by chance"));
    return makers;
}

}  // namespace

const std::vector<RouterMaker>& router_makers() {
    static const std::vector<RouterMaker> k_makers = all();
    return k_makers;
}

}  // namespace penstock::sim
