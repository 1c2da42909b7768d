// Made traffic: kinds of workloads by name, each a stream of requests from a seed. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "penstock/sim/request.h"

namespace penstock::sim {

/// What distinguishes one workload from another. Lengths in tokens, times in seconds; means, of
/// distributions that workload.cpp names.
struct WorkloadKind {
    std::string_view name;
    std::string_view what;
    double rate = 1;  // requests a second for each engine, at speed 1
    // A conversation: its turns, each with all that was said before.
    double turns = 1;
    double think = 10;  // from an answer's end, as guessed, to the next turn
    double user_tokens = 200;
    double output_tokens = 200;
    // System prompts, of which each conversation has one.
    std::uint32_t system_prompts = 1;
    std::uint32_t system_tokens = 1024;
    double system_skew = 0;   // Zipf's exponent; 0: all alike
    double system_share = 1;  // of the conversations; the others have none
    // Documents put between system prompt and question.
    std::uint32_t documents = 0;
    std::uint32_t document_tokens = 1024;
    std::uint32_t documents_each = 0;
    double document_skew = 0.9;
    // LoRA adapters, one a conversation; 0: the base model for all.
    std::uint32_t adapters = 0;
    // Change of the rate over time: `peak` times as much for `peak_seconds` of each `period`, or a
    // wave of this amplitude.
    double peak = 1;
    double peak_seconds = 0;
    double period = 600;
    double wave = 0;
};

[[nodiscard]] const std::vector<WorkloadKind>& workload_kinds();
/// Null: there is none of this name.
[[nodiscard]] const WorkloadKind* find_workload(std::string_view name);

struct WorkloadOptions {
    std::uint32_t engines = 8;
    double speed = 1;
    std::uint64_t requests = 10'000;
    std::uint64_t seed = 1;
};

inline constexpr std::uint32_t k_workload_block_tokens = 256;  // as Penstock's own blocks

[[nodiscard]] std::unique_ptr<RequestSource> make_workload(const WorkloadKind& kind,
                                                           const WorkloadOptions& options);

}  // namespace penstock::sim
