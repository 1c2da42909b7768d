// Options of `[pool.balance]`. The table that describes them to people is in src/app/option_tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "penstock/base/units.h"

namespace penstock::routing {

enum class PolicyName : std::uint8_t {
    prefix_load,
    least_load,
    prefix_hash,
    round_robin,
    random,
    power_of_two,
    none  // for `shadow` only
};

struct BalanceOptions {
    PolicyName policy = PolicyName::prefix_load;
    PolicyName shadow = PolicyName::none;  // decides beside it, for the metrics alone
    Bytes block_size{1024};                // bytes of prompt text in one block of the hash chain
    double index_tokens =
        0;  // capacity per backend in tokens when the engine tells none; 0: 1,000,000
    double bounded_load = 1.25;  // prefix_hash: a backend takes at most this times the mean load
    std::uint32_t max_in_flight = 0;  // per backend; 0: no limit
    // What tells sessions apart, the first that a request has (proxy/session_source.h).
    std::vector<std::string> session{"conversation"};
    Millis session_ttl{600'000};  // after its last request
    Millis session_worth{500};    // that staying at the same backend may cost
    Millis stale_after{1000};     // samples older than this are not believed
};

}  // namespace penstock::routing
