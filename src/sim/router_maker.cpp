#include "router_maker.h"

#include "peers/peers.h"
#include "penstock_router.h"

namespace penstock::sim {

namespace {

using routing::BalanceOptions;
using routing::PolicyName;

RouterMaker ours(PolicyName policy, std::string_view name, std::string_view what,
                 std::vector<RouterParameter> parameters = {}) {
    return {.kind = {.name = name, .what = what, .ours = true, .parameters = std::move(parameters)},
            .make = [policy](const RouterSetting& setting, const Parameters& set) {
                BalanceOptions balance{.policy = policy};
                if (policy == PolicyName::prefix_hash) {
                    balance.bounded_load = set["bounded_load"];
                }
                return std::make_unique<PenstockRouter>(setting, balance);
            }};
}

RouterMaker peer(std::string_view name, std::string_view what, RouterMake* make,
                 std::vector<RouterParameter> parameters = {}) {
    return {
        .kind = {.name = name, .what = what, .ours = false, .parameters = std::move(parameters)},
        .make = make};
}

std::vector<RouterMaker> peers() {
    return {peer("least_request", "fewest requests, by own counters alone", make_least_request),
            peer("consistent_hash", "vLLM router's ring, by session or else prompt",
                 make_consistent_hash,
                 {{"points", 160, "of each backend on the ring"},
                  {"key_blocks", 0, "hash so many blocks of the prompt; 0: all"}}),
            peer("sglang_cache_aware", "SGLang gateway's default", make_sglang_cache_aware,
                 {{"threshold", 0.3, "least share of the prompt to follow the prefix"},
                  {"abs", 64, "difference of loads from which balance counts"},
                  {"rel", 1.5, "and their ratio"},
                  {"tree_tokens", 16'777'216, "known of each backend"},
                  {"smallest_tree", 0, "1: a miss goes where the least is known"}}),
            peer("gaie", "Gateway API Inference Extension's default", make_gaie,
                 {{"queue", 2, "weight"},
                  {"kv", 2, "weight"},
                  {"prefix", 3, "weight"},
                  {"index_scale", 4, "size of its index over the engine's cache"}}),
            peer("llmd_sticky", "llm-d, sticky until saturated", make_llmd_sticky,
                 {{"threshold", 0.8, "share of the prompt that makes a backend sticky"},
                  {"max_penalty_ms", 18'000, "a later first token breaks it"},
                  {"peak", 0, "calibrated prefill tokens/s; 0: the engine's true rate"}}),
            peer("dynamo", "Dynamo's KV router, with exact KV events", make_dynamo,
                 {{"overlap_credit", 1, "weight of cached blocks"},
                  {"prefill_scale", 1, "weight of prefill against decode"}}),
            peer("aibrix_prefix", "AIBrix prefix-cache", make_aibrix_prefix,
                 {{"imbalance", 8, "difference of running requests from which balance counts"},
                  {"deviations", 1, "standard deviations over the mean a pod may run"},
                  {"index_tokens", 0, "known of all backends; 0: four fleets' caches"}}),
            peer("vllm_stack_prefix", "vLLM production-stack prefixaware", make_vllm_stack_prefix,
                 {{"min_match", 0, "tokens below which the request rate decides"}})};
}

std::vector<RouterMaker> all() {
    const BalanceOptions defaults;
    std::vector<RouterMaker> makers;
    makers.push_back(ours(PolicyName::prefix_load, "prefix_load",
                          "Penstock's default: least time to the first token, by learned rates"));
    makers.push_back(ours(PolicyName::least_load, "least_load",
                          "Penstock: fewest requests, by polls and own counters"));
    makers.push_back(ours(PolicyName::prefix_hash, "prefix_hash",
                          "Penstock: consistent hash of the prompt's beginning, bounded load",
                          {{"bounded_load", defaults.bounded_load, "most load over the mean"}}));
    makers.push_back(ours(PolicyName::power_of_two, "power_of_two", "the less loaded of two"));
    makers.push_back(ours(PolicyName::round_robin, "round_robin", "one after the other"));
    makers.push_back(ours(PolicyName::random, "random", "by chance"));
    for (RouterMaker& each : peers()) makers.push_back(std::move(each));
    return makers;
}

}  // namespace

const std::vector<RouterMaker>& router_makers() {
    static const std::vector<RouterMaker> k_makers = all();
    return k_makers;
}

}  // namespace penstock::sim
