// One proxy's way of choosing a backend, as the fleet simulator drives it: Penstock's own (the very
// objects that the proxy uses) and models of what its peers do. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "penstock/base/rng.h"
#include "penstock/fleet/load.h"
#include "penstock/routing/prefix_index.h"
#include "penstock/sim/request.h"

namespace penstock::sim {

/// How many blocks of a chain an engine's cache holds.
using ExactMatch = std::function<std::uint32_t(fleet::Slot, std::span<const std::uint64_t>)>;

/// What a proxy knows when it picks. Borrowed for the call. Every router sees the same: the last
/// polled samples as they are, and its own counters.
struct View {
    std::span<const fleet::Backend> backends;  // backend i has slot i
    const fleet::LoadTable& table;
    const fleet::CounterSlab& counters;     // this proxy's own
    std::span<const fleet::Slot> excluded;  // failed this request already
    TimePoint now{};
    std::uint32_t block_tokens = 1;
    /// What the engine really holds of a chain, in blocks: for routers that are told by KV events.
    const ExactMatch& exact;

    /// Healthy by the last poll and not excluded.
    [[nodiscard]] bool fit(fleet::Slot slot) const noexcept;
    [[nodiscard]] const fleet::LoadSample* sample(fleet::Slot slot) const noexcept;
};

struct Choice {
    fleet::Slot slot = 0;
    std::uint32_t held_blocks = 0;    // of the prompt, believed to be there
    bool cache_off = false;           // but not counted on
    std::uint32_t output_tokens = 0;  // expected of the answer
    float work_tokens = 0;            // to be prefilled until its first token, its own included
    float batch = 1;                  // requests it will be decoded beside, itself included
    float own_share = 1;              // of the requests there, by this proxy
    fleet::AdapterRoom adapter = fleet::AdapterRoom::none;  // believed, of its LoRA
};

/// What a request that was answered tells of its backend: what the proxy's workers would report.
struct Observation {
    std::uint32_t prompt_tokens = 0;
    std::optional<std::uint32_t> cached_tokens;  // by the engine's `usage`, where it tells
    std::uint32_t output_tokens = 0;
    std::uint32_t counted_tokens = 0;  // cached, as the router counted on at the pick
    Micros first_token{0};             // from the request's sending
    Micros inter_token{0};             // mean over the answer; 0 with one token
    Micros duration{0};
    float work_tokens = 0;  // by the router's belief at the pick, as are the next three
    float batch = 0;
    float own_share = 1;
    fleet::AdapterRoom adapter = fleet::AdapterRoom::none;
    std::uint64_t beside_tokens =
        0;  // of this proxy's prompts, prefilled there since its first token
};

/// One proxy's router. Owned by its replica; one thread.
class Router {
public:
    Router() = default;
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;
    virtual ~Router() = default;

    /// Nothing: no backend is fit.
    [[nodiscard]] virtual std::optional<Choice> pick(const SimRequest& request, const View& view,
                                                     Rng& rng) = 0;
    /// The request left for the backend. What is returned comes back with `failed`.
    virtual routing::PrefixIndex::Added sent(fleet::Slot /*slot*/, const SimRequest& /*request*/) {
        return {};
    }
    /// It ended without a first token.
    virtual void failed(fleet::Slot /*slot*/, const SimRequest& /*request*/,
                        const routing::PrefixIndex::Added& /*added*/) {}
    virtual void first_token(fleet::Slot /*slot*/, const SimRequest& /*request*/) {}
    /// After each whole answer whose `usage` tells it: how much of the prompt its engine found
    /// cached.
    virtual void found_cached(const SimRequest& /*request*/,
                              const routing::PrefixIndex::Added& /*added*/,
                              std::uint32_t /*tokens*/) {}
    /// The last token, or the break of a stream that had begun.
    virtual void ended(fleet::Slot /*slot*/, const SimRequest& /*request*/) {}
    /// After each whole answer, before `ended`.
    virtual void observed(fleet::Slot /*slot*/, const Observation& /*observation*/) {}
    /// A poll's answer; `before` is the one it replaces.
    virtual void sampled(fleet::Slot /*slot*/, const std::optional<fleet::LoadSample>& /*before*/,
                         const fleet::LoadSample& /*now*/) {}
};

/// What a router is made for.
struct RouterSetting {
    std::size_t backends = 1;
    std::uint32_t block_tokens = 512;
    double prefill_tokens_per_second = 1;  // for peers that must be calibrated
    std::uint64_t kv_tokens = 1;           // of one backend's cache
    std::uint64_t seed = 0;
};

using RouterFactory = std::function<std::unique_ptr<Router>(const RouterSetting&)>;

}  // namespace penstock::sim
