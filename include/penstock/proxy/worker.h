// What the requests of one worker share. Owned by `app`; used on the worker's thread only, unless
// said otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "penstock/base/rng.h"
#include "penstock/engine/inspect.h"
#include "penstock/fleet/load.h"
#include "penstock/fleet/served_prompt.h"
#include "penstock/fleet/sheet.h"
#include "penstock/fleet/token_length.h"
#include "penstock/net/loop.h"
#include "penstock/proxy/buffer_budget.h"
#include "penstock/proxy/generation.h"
#include "penstock/proxy/habits.h"
#include "penstock/proxy/inspect_thread.h"
#include "penstock/proxy/observations.h"
#include "penstock/proxy/spare.h"
#include "penstock/routing/prefix_index.h"
#include "penstock/routing/sessions.h"
#include "penstock/telemetry/log.h"
#include "penstock/telemetry/metrics.h"
#include "penstock/upstream/pools.h"

namespace penstock::proxy {

/// What all workers share; each part says itself which threads may use it.
struct Shared {
    fleet::CounterSlab& counters;
    routing::PrefixIndex& index;
    fleet::AdapterHistory& adapters;
    BufferBudget& budget;
    telemetry::Log& log;
    /// A backend failed (or served): posted to the control thread. Any thread.
    std::function<void(fleet::Slot, ErrorCode)> report_failure;
    InspectThread* inspect = nullptr;               // null: workers read large bodies by themselves
    Observations::Report report_observations = {};  // any thread; may be empty
    routing::Sessions* sessions = nullptr;          // null: none are kept
    /// A backend that tells of its blocks has served a prompt. True: it is followed, and what it
    /// holds needs no guess. Any thread; may be empty.
    std::function<bool(fleet::ServedPrompt)> report_prompt = {};
    fleet::PromptSums* prompt_sums = nullptr;  // null: none are kept
};

/// A generation and how many requests of this worker hold it.
struct HeldGeneration {
    std::shared_ptr<const Generation> generation;
    std::uint32_t requests = 0;
    std::vector<std::uint64_t> turns = {};  // by pool: its decisions that had a choice
};

class Worker {
public:
    Worker(net::Loop& on, telemetry::WorkerMetrics& counts, Shared shared_parts,
           std::uint64_t seed);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void publish(std::shared_ptr<const Generation> generation);
    void publish(std::shared_ptr<const fleet::LoadTable> table) { table_ = std::move(table); }
    void close(fleet::Slot slot) { pools.forget(slot); }

    /// The newest generation; never null after the first `publish`.
    [[nodiscard]] HeldGeneration& newest() noexcept { return *held_.back(); }
    /// The number of the oldest generation that a request holds, or of the newest.
    [[nodiscard]] std::uint64_t oldest() const noexcept {
        return held_.front()->generation->number;
    }
    /// Takes back `requests` holds; an old generation that nobody holds is gone.
    void release(HeldGeneration& held, std::uint32_t requests = 1) noexcept;
    [[nodiscard]] const fleet::LoadTable& table() const noexcept { return *table_; }

    net::Loop& loop;
    telemetry::WorkerMetrics& metrics;
    Shared shared;
    upstream::Pools pools;
    Rng rng;
    BodyInspector inspector;
    Spare spare;
    Habits habits;
    Observations observations;
    std::vector<fleet::SheetRow> sheet;  // scratch of the decision being made
    routing::Holdings holdings;          // and of its prompt
    std::uint32_t inspect_jobs = 0;      // of this worker, in the inspect thread's queue
    bool draining = false;
    bool ending = false;  // what is still under way is cut off by us

private:
    std::vector<std::unique_ptr<HeldGeneration>> held_;  // oldest first
    std::shared_ptr<const fleet::LoadTable> table_;
};

/// One request's hold on its generation.
class GenerationRef {
public:
    explicit GenerationRef(Worker& worker) noexcept : worker_{worker}, held_{worker.newest()} {
        ++held_.requests;
    }
    ~GenerationRef() { worker_.release(held_); }
    GenerationRef(const GenerationRef&) = delete;
    GenerationRef& operator=(const GenerationRef&) = delete;
    [[nodiscard]] const Generation& operator*() const noexcept { return *held_.generation; }
    [[nodiscard]] const Generation* operator->() const noexcept { return held_.generation.get(); }
    /// The turn of a pool of this generation, on this worker.
    [[nodiscard]] std::uint64_t& turn_of(const Pool& pool) const noexcept {
        return held_.turns[static_cast<std::size_t>(&pool - held_.generation->pools.data())];
    }

private:
    Worker& worker_;
    HeldGeneration& held_;
};

}  // namespace penstock::proxy
