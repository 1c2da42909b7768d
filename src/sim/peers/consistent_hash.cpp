// Consistent hashing as vLLM's router does it: a ring of 160 points for each backend, keyed by the
// session; without one by the body, which here is the whole prompt. A backend that is not fit is
// passed over. Load plays no part.
#include <algorithm>

#include "choose.h"
#include "peers.h"
#include "penstock/base/hash.h"

namespace penstock::sim {

namespace {

std::uint64_t mixed(std::uint64_t value, std::uint64_t seed) {
    return hash64({reinterpret_cast<const char*>(&value), sizeof value}, seed);
}

class ConsistentHash final : public Router {
public:
    ConsistentHash(std::uint32_t points, std::size_t key_blocks)
        : points_{points}, key_blocks_{key_blocks} {}

    std::optional<Choice> pick(const SimRequest& request, const View& view, Rng& rng) override {
        if (ring_.empty()) build(view);
        const std::uint64_t key = key_of(request, rng);
        const auto from = std::ranges::lower_bound(ring_, key, {}, &Point::at);
        const auto start = static_cast<std::size_t>(from - ring_.begin());
        for (std::size_t i = 0; i < ring_.size(); ++i) {
            const Point& point = ring_[(start + i) % ring_.size()];
            if (view.fit(point.slot)) return Choice{.slot = point.slot};
        }
        return std::nullopt;
    }

private:
    struct Point {
        std::uint64_t at;
        fleet::Slot slot;
    };

    void build(const View& view) {
        for (const fleet::Backend& backend : view.backends) {
            for (std::uint32_t i = 0; i < points_; ++i) {
                ring_.push_back({mixed(i, backend.identity), backend.slot});
            }
        }
        std::ranges::sort(ring_, {}, &Point::at);
    }

    std::uint64_t key_of(const SimRequest& request, Rng& rng) const {
        if (request.session != 0) return mixed(request.session, hash64("session"));
        if (request.blocks.empty()) return rng.next();  // a body of its own
        const std::size_t count =
            key_blocks_ == 0 ? request.blocks.size() : std::min(key_blocks_, request.blocks.size());
        return mixed(request.blocks[count - 1], hash64("body"));
    }

    std::uint32_t points_;
    std::size_t key_blocks_;
    std::vector<Point> ring_;
};

}  // namespace

std::unique_ptr<Router> make_consistent_hash(const RouterSetting& /*setting*/,
                                             const Parameters& parameters) {
    return std::make_unique<ConsistentHash>(
        static_cast<std::uint32_t>(std::clamp(parameters["points"], 1.0, 10'000.0)),
        static_cast<std::size_t>(parameters["key_blocks"]));
}

}  // namespace penstock::sim
