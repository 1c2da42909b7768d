// Names, and the one place where policies are made.
#include "load_policies.h"
#include "penstock/routing/policy.h"
#include "prefix_hash.h"
#include "prefix_load.h"

namespace penstock::routing {

std::string_view name(Reason reason) noexcept {
    switch (reason) {
        case Reason::none:
            return "none";
        case Reason::only:
            return "only";
        case Reason::prefix:
            return "prefix";
        case Reason::load:
            return "load";
        case Reason::hash:
            return "hash";
        case Reason::turn:
            return "turn";
        case Reason::chance:
            return "chance";
        case Reason::place:
            return "place";
        case Reason::session:
            return "session";
    }
    return "none";
}

std::string_view name(Term term) noexcept {
    switch (term) {
        case Term::total:
            return "total";
        case Term::prefix:
            return "prefix";
        case Term::queue:
            return "queue";
        case Term::prefill:
            return "prefill";
        case Term::others:
            return "others";
        case Term::kv:
            return "kv";
        case Term::adapter:
            return "adapter";
        case Term::place:
            return "place";
        case Term::session:
            return "session";
    }
    return "total";
}

void Policy::explain_all(const Input& input, std::span<const fleet::SheetRow> sheet,
                         std::span<std::array<float, k_terms>> out) const noexcept {
    for (std::uint32_t i = 0; i < sheet.size(); ++i) out[i] = explain(input, sheet, i);
}

std::unique_ptr<Policy> make_policy(const BalanceOptions& options) {
    switch (options.policy) {
        case PolicyName::prefix_load:
            return std::make_unique<PrefixLoad>();
        case PolicyName::least_load:
            return std::make_unique<LeastLoad>();
        case PolicyName::prefix_hash:
            return std::make_unique<PrefixHash>(options.bounded_load);
        case PolicyName::round_robin:
            return std::make_unique<RoundRobin>();
        case PolicyName::random:
            return std::make_unique<Random>();
        case PolicyName::power_of_two:
            return std::make_unique<PowerOfTwo>();
        case PolicyName::none:
            break;
    }
    return std::make_unique<PrefixLoad>();
}

}  // namespace penstock::routing
