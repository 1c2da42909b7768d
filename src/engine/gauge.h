// Folds the series of one metric into a number. Bounded; no allocation. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "metric_tables.h"

namespace penstock::engine {

/// One table row's series. Data-parallel ranks beyond `k_ranks_max` are left out.
class Gauge {
public:
    static constexpr std::size_t k_ranks_max = 128;

    /// `rank` as labelled. An empty one is each time a new rank when `apart`, else always the same.
    void add(double value, std::string_view rank, bool apart) noexcept;
    [[nodiscard]] std::optional<double> fold(Combine combine) const noexcept;

private:
    struct Rank {
        std::uint64_t id = 0;
        double largest = 0;
    };
    std::array<Rank, k_ranks_max> ranks_;
    std::size_t count_ = 0;
    double sum_ = 0;
};

}  // namespace penstock::engine
