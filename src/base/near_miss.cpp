#include "penstock/base/near_miss.h"

#include <algorithm>
#include <array>
#include <limits>

#include "penstock/base/ascii.h"

namespace penstock {

namespace {

constexpr std::size_t k_prefix_least = 3;

constexpr bool same(char a, char b) noexcept {
    return lower_case(a) == lower_case(b);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
    if (a.size() > k_near_miss_length || b.size() > k_near_miss_length) {
        return std::numeric_limits<std::size_t>::max();
    }
    using Row = std::array<std::size_t, k_near_miss_length + 1>;
    std::array<Row, 3> rows{};  // this one and the two before it
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        Row& row = rows[i % 3];
        const Row& above = rows[(i + 2) % 3];
        const Row& above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
                row[j] = std::min(row[j], above_that[j - 2] + 1);
            }
        }
    }
    return rows[a.size() % 3][b.size()];
}

std::string_view near_miss(std::string_view word,
                           std::span<const std::string_view> known) noexcept {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= best_distance) continue;
        best = candidate;
        best_distance = distance;
    }
    if (!best.empty() || word.size() < k_prefix_least) return best;
    for (const std::string_view candidate : known) {
        if (candidate.starts_with(word)) return candidate;
    }
    return {};
}

}  // namespace penstock
