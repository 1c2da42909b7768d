#include "rendezvous.h"

#include <algorithm>
#include <cmath>

namespace penstock::routing {

namespace {

// Of the mean load, beyond which the common home is the next in the order; 1.25 makes proxies
// disagree where loads are uneven, 4 crowds hot prefixes.
constexpr float k_common_bound = 2;
// That proxies agree is worth more than the chance that another was first: the next of them looks
// there too. With 1 two proxies keep apart, with 2 few prompts go where they wait least.
constexpr float k_agreement = 1.5F;
// A copy that this proxy knows of is worth more than one that all suppose. With 1 hot prefixes
// crowd their homes, with 0.7 eight proxies make copies of everything until each evicts the other.
constexpr float k_surest = 0.9F;

// Polls that lag behind our own traffic look like a little of others'.
constexpr float k_alone = 0.2F;

// Far enough into the prompt to tell applications apart, near enough that turns of one conversation
// agree.
constexpr std::size_t k_hashed_blocks = 4;

std::uint64_t mixed(std::uint64_t z) noexcept {  // SplitMix64's finaliser
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

/// Between 0 and 1, exclusive.
double unit_of(std::uint64_t key, const fleet::SheetRow& row) noexcept {
    return (static_cast<double>(mixed(key ^ mixed(row.identity)) >> 11U) + 0.5) * 0x1.0p-53;
}

float score_of(double unit, float weight) noexcept {
    return static_cast<float>(-static_cast<double>(weight) / std::log(unit));
}

float most_load(Sheet sheet, float bound, Candidate is_candidate) noexcept {
    float all = 1;  // this request counts: an idle fleet must admit it
    float candidates = 0;
    for (const fleet::SheetRow& row : sheet) {
        if (!is_candidate(row)) continue;
        ++candidates;
        all += load_of(row);
    }
    return candidates > 0 ? bound * all / candidates : 0;
}

}  // namespace

std::uint64_t rendezvous_key(const Input& input) noexcept {
    if (input.session != 0) return input.session;
    if (input.blocks.empty()) return 0;
    return input.blocks[std::min(k_hashed_blocks, input.blocks.size()) - 1];
}

float rendezvous_score(std::uint64_t key, const fleet::SheetRow& row) noexcept {
    return score_of(unit_of(key, row), row.weight);
}

// Not by `pick_least`: near scores are no ties here, since chance would make proxies disagree.
std::uint32_t rendezvous(std::uint64_t key, Sheet sheet, float bound,
                         Candidate is_candidate) noexcept {
    const float most = most_load(sheet, bound, is_candidate);
    std::uint32_t first = Decision::k_nobody;
    float highest = 0;
    for (std::uint32_t i = 0; i < sheet.size(); ++i) {
        if (!is_candidate(sheet[i]) || load_of(sheet[i]) > most) continue;
        const double unit = unit_of(key, sheet[i]);
        // Since -log(x) > 1 - x, most can be told to be lower without taking the logarithm.
        if (static_cast<double>(sheet[i].weight) < static_cast<double>(highest) * (1 - unit))
            continue;
        const float value = score_of(unit, sheet[i].weight);
        const bool higher = first == Decision::k_nobody || value > highest ||
                            (value == highest && sheet[i].identity < sheet[first].identity);
        if (!higher) continue;
        first = i;
        highest = value;
    }
    return first;
}

CommonHome common_home(std::uint64_t key, Sheet sheet, float foreign) noexcept {
    if (foreign <= k_alone) return {};
    return {.row = rendezvous(key, sheet, k_common_bound),
            .chance = std::min(k_agreement * foreign, k_surest)};
}

}  // namespace penstock::routing
