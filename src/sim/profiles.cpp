// Where the numbers come from.
//
// Prefill rates are published where one is named; else the model's FLOPs for a token (two for each
// active parameter) at about half of the GPU's dense 16-bit peak (H100 SXM 989, A100 312, L4 121
// TFLOPS: NVIDIA's data sheets), which is what well-fed chunked prefill reaches.
// A decode step of one request reads the active weights once, at about 70 % of the memory's peak
// (H100 SXM 3.35, A100 80 GB 2.04, L4 0.30 TB/s), and with several GPUs waits for their exchange.
// What each further request adds is its share of KV reading and sampling.
// KV room is 90 % of the GPUs' memory (vLLM's default) without the weights and about a tenth for
// activations and graphs, over 2 x layers x KV heads x head size x 2 bytes for a token, from each
// model's config.json.
// 256 running requests and 2,048 tokens a chunk are vLLM V1's defaults for online serving.
#include "penstock/sim/profiles.h"

#include <algorithm>

namespace penstock::sim {

const std::vector<NamedProfile>& profiles() {
    static const std::vector<NamedProfile> k_profiles{
        // 15,928 tokens/s: llm-d's calibration of this pair (August 2026). 64 layers, 8 x 128: 256
        // KiB a token; 65 GB of weights.
        {"qwen3-32b-2xh100", "Qwen3-32B on two H100 80 GB (TP 2)", 15'928, Micros{13'000}, 0.008,
         256, 270'000},
        // 16 GFLOP and 128 KiB a token (32 layers, 8 x 128); 16 GB of weights.
        {"llama3-8b-h100", "Llama 3.1 8B on one H100 80 GB", 30'000, Micros{7'500}, 0.008, 256,
         410'000},
        {"llama3-8b-a100", "Llama 3.1 8B on one A100 80 GB", 10'000, Micros{11'500}, 0.008, 256,
         410'000},
        // 24 GB leave 4 GB after the weights.
        {"llama3-8b-l4", "Llama 3.1 8B on one L4 24 GB", 3'800, Micros{75'000}, 0.006, 64, 32'000},
        // 140 GFLOP and 320 KiB a token (80 layers, 8 x 128); 141 GB of weights.
        {"llama3-70b-4xh100", "Llama 3.1 70B on four H100 80 GB (TP 4)", 13'000, Micros{18'000},
         0.006, 256, 360'000},
        // 39,065 tokens/s: llm-d's calibration. 63 GB of MXFP4 weights, 5.1 B active parameters;
        // half of the 36 layers keep a window of 128 only, so 36 KiB a token.
        {"gpt-oss-120b-h100", "gpt-oss-120b on one H100 80 GB", 39'065, Micros{6'000}, 0.012, 256,
         200'000},
    };
    return k_profiles;
}

const NamedProfile* find_profile(std::string_view name) {
    const auto found = std::ranges::find(profiles(), name, &NamedProfile::name);
    return found == profiles().end() ? nullptr : &*found;
}

EngineProfile engine_profile(const NamedProfile& profile, std::uint32_t block_tokens) {
    return {.max_running = profile.max_running,
            .prefill_tokens_per_second = profile.prefill_tokens_per_second,
            .decode_step = profile.decode_step,
            .decode_step_per_request = profile.decode_step_per_request,
            .max_prefill_tokens_per_step = 2048,
            .block_tokens = block_tokens,
            .kv_blocks = std::max(1U, profile.kv_tokens / block_tokens)};
}

}  // namespace penstock::sim
