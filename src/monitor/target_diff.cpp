#include "target_diff.h"

#include <map>

namespace penstock::monitor {

namespace {

Fate fate_of(const Target& present, const Target& wanted) {
    const bool same_server = present.backend.url == wanted.backend.url &&
                             present.backend.address == wanted.backend.address &&
                             present.options.engine == wanted.options.engine;
    if (!same_server) return Fate::fresh;
    const bool same_calls =
        present.options == wanted.options && present.backend.tls == wanted.backend.tls;
    return same_calls ? Fate::same : Fate::retuned;
}

}  // namespace

std::vector<Verdict> compare_targets(std::span<const Target> present,
                                     std::span<const Target> wanted) {
    struct Pair {
        const Target* present = nullptr;
        const Target* wanted = nullptr;
    };
    std::map<fleet::Slot, Pair> places;
    for (const auto& target : present) places[target.backend.slot].present = &target;
    for (const auto& target : wanted) places[target.backend.slot].wanted = &target;
    std::vector<Verdict> verdicts;
    for (const auto& [slot, pair] : places) {
        Fate fate = Fate::fresh;
        if (pair.wanted == nullptr) fate = Fate::left;
        if (pair.present != nullptr && pair.wanted != nullptr) {
            fate = fate_of(*pair.present, *pair.wanted);
        }
        verdicts.push_back({slot, fate});
    }
    return verdicts;
}

}  // namespace penstock::monitor
