// Least request: the backend with the fewest requests of this proxy, equal ones by lot. What most
// balancers call least connections (AIBrix `least-request`, Olla, Envoy with all hosts compared).
#include "choose.h"
#include "peers.h"

namespace penstock::sim {

namespace {

class LeastRequest final : public Router {
public:
    std::optional<Choice> pick(const SimRequest& /*request*/, const View& view, Rng& rng) override {
        return chosen(
            least(fit_slots(view), rng, [&](fleet::Slot slot) { return requests_on(view, slot); }));
    }
};

}  // namespace

std::unique_ptr<Router> make_least_request(const RouterSetting& /*setting*/,
                                           const Parameters& /*parameters*/) {
    return std::make_unique<LeastRequest>();
}

}  // namespace penstock::sim
