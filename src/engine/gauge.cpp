#include "gauge.h"

#include <algorithm>

#include "penstock/base/hash.h"

namespace penstock::engine {

void Gauge::add(double value, std::string_view rank, bool apart) noexcept {
    sum_ += value;
    const std::uint64_t id = hash64(rank);
    auto* const end = ranks_.data() + count_;
    auto* const found =
        apart ? end : std::find_if(ranks_.data(), end, [&](const Rank& r) { return r.id == id; });
    if (found != end) {
        found->largest = std::max(found->largest, value);
    } else if (count_ < k_ranks_max) {
        ranks_[count_++] = {id, value};
    }
}

std::optional<double> Gauge::fold(Combine combine) const noexcept {
    if (count_ == 0) return std::nullopt;
    if (combine == Combine::sum) return sum_;
    double total = 0;
    double largest = ranks_[0].largest;
    for (std::size_t at = 0; at < count_; ++at) {
        total += ranks_[at].largest;
        largest = std::max(largest, ranks_[at].largest);
    }
    if (combine == Combine::max) return largest;
    return combine == Combine::rank_mean ? total / static_cast<double>(count_) : total;
}

}  // namespace penstock::engine
