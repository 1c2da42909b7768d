// What one backend has stored lately, by prompt: the beginnings and ends of paths as they grew,
// with the time. Which of our requests made a path grow is found here. Pure.
#pragma once

#include <cstdint>
#include <deque>

#include <boost/unordered/unordered_flat_map.hpp>

#include "penstock/base/units.h"
#include "token_paths.h"

namespace penstock::kv_events {

/// One prompt's (or a part's) growth. Tokens count from the path's root.
struct Growth {
    TimePoint at{};  // of its first block
    PathKey from = 0;
    PathKey tip = 0;
    PathKey root = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t prompt_end = 0;  // before single blocks were added, as an answer's are
    std::uint32_t block_size = 0;
    std::uint64_t batch = 0;
    bool claimed = false;  // a request of ours has been found for it
};

class Growths {
public:
    /// Older ones are forgotten.
    static constexpr std::size_t k_max = 8192;

    /// Notes that a path has grown: behind what came in the same batch, or by a single block behind
    /// an answer that is being generated, it is the same growth.
    void add(const Growth& growth);
    void clear() noexcept;

    /// Newest last.
    [[nodiscard]] std::deque<Growth>& all() noexcept { return all_; }
    /// The newest one that ends here; null: none.
    [[nodiscard]] const Growth* ending_at(PathKey tip) const noexcept;

private:
    [[nodiscard]] Growth* find(PathKey tip) noexcept;

    std::deque<Growth> all_;
    std::uint64_t first_ = 0;  // the number of the oldest
    boost::unordered_flat_map<PathKey, std::uint64_t> by_tip_;
};

}  // namespace penstock::kv_events
