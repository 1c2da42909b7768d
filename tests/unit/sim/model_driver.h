// Drives an engine model and keeps its clock, for tests.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <vector>

#include "penstock/sim/engine_model.h"

namespace penstock::sim {

inline std::ostream& operator<<(std::ostream& out, const StepEvent& event) {
    constexpr const char* k_names[] = {"first_token", "token", "finished"};
    return out << k_names[static_cast<int>(event.kind)] << " " << event.request << "#"
               << event.index;
}

inline std::ostream& operator<<(std::ostream& out, const CacheChange& change) {
    return out << (change.kind == CacheChange::Kind::stored ? "stored " : "evicted ") << change.hash
               << " after " << change.parent.value_or(0);
}

/// A profile with round numbers: a prompt token takes 100 us, a decode step of one 1 ms and 0.1 ms
/// more for each other request.
inline EngineProfile small_profile() {
    return {.max_running = 4,
            .prefill_tokens_per_second = 10'000,
            .decode_step = Micros{1'000},
            .decode_step_per_request = 0.1,
            .max_prefill_tokens_per_step = 64,
            .block_tokens = 4,
            .kv_blocks = 32};
}

inline std::vector<std::uint64_t> chain(std::uint64_t first, std::size_t length) {
    std::vector<std::uint64_t> hashes;
    for (std::size_t i = 0; i < length; ++i) hashes.push_back(first + i);
    return hashes;
}

class ModelDriver {
public:
    explicit ModelDriver(const EngineProfile& profile = small_profile()) : model{profile} {}

    /// A prompt whose blocks nobody else has.
    RequestId submit(std::uint32_t prompt_tokens, std::uint32_t output_tokens) {
        return model.submit({}, prompt_tokens, output_tokens).id;
    }

    RequestId submit(const std::vector<std::uint64_t>& blocks, std::uint32_t prompt_tokens,
                     std::uint32_t output_tokens,
                     const std::vector<std::uint64_t>& answer_blocks = {}) {
        return model.submit(blocks, prompt_tokens, output_tokens, answer_blocks).id;
    }

    /// Runs one step; its events are returned and remembered with their time.
    std::vector<StepEvent> step() {
        now += model.next_step();
        std::vector<StepEvent> events;
        model.step(events);
        for (const StepEvent& event : events) {
            if (event.kind == StepEvent::Kind::finished) {
                finished_at[event.request] = now;
            } else {
                token_times[event.request].push_back(now);
            }
        }
        return events;
    }

    void run() {
        while (model.next_step() > Micros{0}) step();
    }

    EngineModel model;
    Micros now{0};
    std::map<RequestId, std::vector<Micros>> token_times;
    std::map<RequestId, Micros> finished_at;
};

}  // namespace penstock::sim
