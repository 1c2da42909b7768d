// The built-in workloads. Rates are such that eight engines of the default profile are well used
// by a good policy and overloaded by one that finds little in the caches.
#include <algorithm>

#include "penstock/sim/workload.h"

namespace penstock::sim {

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<WorkloadKind>& workload_kinds() {
    static const std::vector<WorkloadKind> k_kinds{
        // llm-d's published "KV-cache wins" shape: 150 groups with a prefix of 6,000 tokens.
        {.name = "shared_prompts",
         .what = "150 applications, each with a system prompt of 6,144 tokens",
         .rate = 4,
         .user_tokens = 300,
         .output_tokens = 200,
         .system_prompts = 150,
         .system_tokens = 6144,
         .system_skew = 0.6},
        {.name = "chat",
         .what = "conversations of 8 turns, 20 assistants",
         .rate = 4,
         .turns = 8,
         .think = 25,
         .user_tokens = 250,
         .output_tokens = 300,
         .system_prompts = 20,
         .system_tokens = 1024,
         .system_skew = 0.8},
        {.name = "agentic",
         .what = "coding agents: 20 turns over long contexts, 5 tool sets",
         .rate = 0.7,
         .turns = 20,
         .think = 4,
         .user_tokens = 1500,
         .output_tokens = 150,
         .system_prompts = 5,
         .system_tokens = 8192,
         .system_skew = 0.5},
        {.name = "rag",
         .what = "questions over 4 of 3,000 documents of 1,024 tokens",
         .rate = 4,
         .user_tokens = 100,
         .output_tokens = 200,
         .system_prompts = 1,
         .system_tokens = 512,
         .documents = 3000,
         .document_tokens = 1024,
         .documents_each = 4,
         .document_skew = 1.1},
        {.name = "bursts",
         .what = "short requests, eight times as many for 5 s of each minute",
         .rate = 2.5,
         .user_tokens = 800,
         .output_tokens = 150,
         .system_prompts = 20,
         .system_tokens = 2048,
         .system_skew = 0.8,
         .peak = 8,
         .peak_seconds = 5,
         .period = 60},
        {.name = "hot_prefix",
         .what = "one prefix of 16,384 tokens in 7 of 10 requests, nothing in common in the others",
         .rate = 4,
         .user_tokens = 1200,
         .output_tokens = 200,
         .system_prompts = 1,
         .system_tokens = 16'384,
         .system_share = 0.7},
        {.name = "lora",
         .what = "32 adapters, 8 of which an engine holds",
         .rate = 5,
         .user_tokens = 500,
         .output_tokens = 200,
         .system_prompts = 1,
         .system_tokens = 1024,
         .system_skew = 0,
         .adapters = 32},
        {.name = "diurnal",
         .what = "conversations whose number rises and falls by 80 % every 10 minutes",
         .rate = 3.5,
         .turns = 8,
         .think = 25,
         .user_tokens = 250,
         .output_tokens = 300,
         .system_prompts = 20,
         .system_tokens = 1024,
         .system_skew = 0.8,
         .period = 600,
         .wave = 0.8},
    };
    return k_kinds;
}

const WorkloadKind* find_workload(std::string_view name) {
    const auto found = std::ranges::find(workload_kinds(), name, &WorkloadKind::name);
    return found == workload_kinds().end() ? nullptr : &*found;
}

}  // namespace penstock::sim
