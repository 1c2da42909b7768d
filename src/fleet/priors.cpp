#include "penstock/fleet/priors.h"

#include <algorithm>
#include <vector>

namespace penstock::fleet {

namespace {

/// The upper median of `rate` over those whose `seen` is not zero.
double median(std::span<const Rates> others, double Rates::*rate, std::uint32_t Rates::*seen,
              double otherwise) {
    std::vector<double> shown;
    for (const Rates& each : others) {
        if (each.*seen > 0) shown.push_back(each.*rate);
    }
    if (shown.empty()) return otherwise;
    const auto middle = shown.begin() + static_cast<std::ptrdiff_t>(shown.size() / 2);
    std::nth_element(shown.begin(), middle, shown.end());
    return *middle;
}

}  // namespace

Rates usual_rates(Engine engine) noexcept {
    switch (engine) {
        // Mostly quantized models on desktops: 713 tokens/s of prompts and 54 of answers, a 9B
        // model on an M4 Max (llama-bench, pp512 and tg128); small GPUs are up to several times as
        // fast, CPUs ten times slower. Memory holds decoding up, so a further slot costs little.
        case Engine::llamacpp:
            return {.first_overhead = 0.02,
                    .prefill_per_token = 1e-3,
                    .step = 0.02,
                    .step_per_request = 2e-3};
        // Servers of data centres: the simulator's profiles, with their sources, lie between 3,800
        // and 39,000 tokens/s and 6 to 75 ms a step; an 8B model on an A100 is in the middle of
        // both.
        case Engine::vllm:
        case Engine::sglang:
        case Engine::tgi:
        case Engine::trtllm:
        case Engine::lmdeploy:
        case Engine::custom:
            break;
    }
    return {};
}

Rates expected_rates(Engine engine, std::span<const Rates> others) {
    Rates rates = usual_rates(engine);
    const auto follow = [&](double Rates::*rate, std::uint32_t Rates::*seen) {
        rates.*rate = median(others, rate, seen, rates.*rate);
    };
    follow(&Rates::first_overhead, &Rates::first_tokens);
    follow(&Rates::prefill_per_token, &Rates::first_tokens);
    follow(&Rates::step, &Rates::gaps);
    follow(&Rates::step_per_request, &Rates::gaps);
    follow(&Rates::adapter_load, &Rates::adapter_loads);
    return rates;
}

}  // namespace penstock::fleet
