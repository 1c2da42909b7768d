// Penstock's own way of choosing, with the proxy's own objects: policy, sheet, survey, index.
//
// What `proxy::decide`, `proxy::Attempt` and the server's index upkeep do, in one place and without
// sockets.
#pragma once

#include <memory>
#include <vector>

#include "penstock/fleet/adapters.h"
#include "penstock/fleet/cache_use.h"
#include "penstock/fleet/habit.h"
#include "penstock/fleet/rates.h"
#include "penstock/fleet/sheet.h"
#include "penstock/routing/policy.h"
#include "penstock/routing/survey.h"
#include "penstock/sim/router.h"

namespace penstock::sim {

class PenstockRouter : public Router {
public:
    PenstockRouter(const RouterSetting& setting, const routing::BalanceOptions& balance);

    [[nodiscard]] std::optional<Choice> pick(const SimRequest& request, const View& view,
                                             Rng& rng) override;
    routing::PrefixIndex::Added sent(fleet::Slot slot, const SimRequest& request) override;
    void failed(fleet::Slot slot, const SimRequest& request,
                const routing::PrefixIndex::Added& added) override;
    void found_cached(const SimRequest& request, const routing::PrefixIndex::Added& added,
                      std::uint32_t tokens) override;
    void observed(fleet::Slot slot, const Observation& observation) override;
    void sampled(fleet::Slot slot, const std::optional<fleet::LoadSample>& before,
                 const fleet::LoadSample& now) override;

    /// What it has learned of a backend's speed.
    [[nodiscard]] fleet::Rates rates(fleet::Slot slot) const { return learners_[slot].rates(); }

private:
    void mark_rows(const View& view);

    RouterSetting setting_;
    routing::BalanceOptions balance_;
    std::unique_ptr<routing::Policy> policy_;
    routing::PrefixIndex index_;
    fleet::AdapterHistory adapters_;
    std::vector<fleet::SheetRow> sheet_;
    routing::Holdings holdings_;
    std::vector<fleet::RateLearner> learners_;  // by slot
    std::vector<fleet::CacheUse> cache_uses_;   // by slot
    fleet::Habit habit_;                        // of all requests
    std::uint64_t decisions_ = 0;
};

}  // namespace penstock::sim
