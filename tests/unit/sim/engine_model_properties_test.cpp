// What holds for every workload.
#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model_driver.h"

namespace penstock::sim {
namespace {

struct Wanted {
    std::uint32_t prompt_tokens;
    std::uint32_t output_tokens;
};

Wanted any_request() {
    return {.prompt_tokens = *rc::gen::inRange<std::uint32_t>(1, 90),
            .output_tokens = *rc::gen::inRange<std::uint32_t>(1, 30)};
}

// A few families of prompts with common beginnings.
std::vector<std::uint64_t> any_chain(std::uint32_t prompt_tokens) {
    return chain(*rc::gen::inRange<std::uint64_t>(0, 3) * 1000, prompt_tokens / 4);
}

EngineProfile any_profile() {
    EngineProfile profile = small_profile();
    profile.max_running = *rc::gen::inRange<std::uint32_t>(1, 6);
    profile.max_prefill_tokens_per_step = *rc::gen::inRange<std::uint32_t>(1, 80);
    profile.kv_blocks = *rc::gen::inRange<std::uint32_t>(30, 60);
    return profile;
}

RC_GTEST_PROP(EngineModelProperties, EngineModel_GivesEveryRequestItsTokensInOrder, ()) {
    ModelDriver driver{any_profile()};
    std::map<RequestId, Wanted> wanted;
    std::map<RequestId, std::uint32_t> next_index;
    const auto check = [&](const std::vector<StepEvent>& events) {
        for (const StepEvent& event : events) {
            if (event.kind == StepEvent::Kind::finished) continue;
            RC_ASSERT(event.index == next_index[event.request]++);
            RC_ASSERT((event.kind == StepEvent::Kind::first_token) == (event.index == 0));
        }
    };
    const int submissions = *rc::gen::inRange(1, 20);
    for (int i = 0; i < submissions; ++i) {
        const Wanted request = any_request();
        const auto blocks = any_chain(request.prompt_tokens);
        wanted[driver.submit(blocks, request.prompt_tokens, request.output_tokens)] = request;
        const int steps = *rc::gen::inRange(0, 5);
        for (int step = 0; step < steps; ++step) check(driver.step());
    }

    for (int steps = 0; driver.model.next_step() > Micros{0}; ++steps) {
        RC_ASSERT(steps < 100'000);
        check(driver.step());
    }

    std::uint64_t prompt_tokens = 0;
    std::uint64_t output_tokens = 0;
    for (const auto& [id, request] : wanted) {
        RC_ASSERT(next_index[id] == request.output_tokens);
        RC_ASSERT(driver.finished_at.contains(id));
        prompt_tokens += request.prompt_tokens;
        output_tokens += request.output_tokens;
    }
    const EngineModel::Stats stats = driver.model.stats();
    RC_ASSERT(stats.prompt_tokens == prompt_tokens);
    RC_ASSERT(stats.cache_queries == prompt_tokens);
    RC_ASSERT(stats.cache_hits <= prompt_tokens);
    RC_ASSERT(stats.generated_tokens == output_tokens);
    RC_ASSERT(stats.finished == wanted.size());
}

RC_GTEST_PROP(EngineModelProperties, EngineModel_StaysWithinItsLimitsWhateverHappens, ()) {
    const EngineProfile profile = any_profile();
    ModelDriver driver{profile};
    std::vector<RequestId> alive;
    std::uint64_t submitted = 0;
    const int actions = *rc::gen::inRange(1, 60);
    for (int i = 0; i < actions; ++i) {
        const int action = *rc::gen::inRange(0, 5);
        if (action < 2) {
            const Wanted request = any_request();
            const auto blocks = any_chain(request.prompt_tokens);
            alive.push_back(driver.submit(blocks, request.prompt_tokens, request.output_tokens));
            ++submitted;
        } else if (action == 2 && !alive.empty()) {
            driver.model.abort(alive[*rc::gen::inRange<std::size_t>(0, alive.size())]);
        } else if (driver.model.next_step() > Micros{0}) {
            driver.step();
        }
        const EngineModel::Stats stats = driver.model.stats();
        RC_ASSERT(stats.running <= profile.max_running);
        RC_ASSERT(stats.kv_use >= 0.0 && stats.kv_use <= 1.0);
        RC_ASSERT(stats.running + stats.waiting + stats.finished + stats.aborted == submitted);
        const bool busy = stats.running + stats.waiting > 0;
        RC_ASSERT(busy == (driver.model.next_step() > Micros{0}));
    }

    for (const RequestId id : alive) driver.model.abort(id);

    RC_ASSERT(driver.model.stats().kv_use == 0.0);
    RC_ASSERT(driver.model.next_step() == Micros{0});
}

RC_GTEST_PROP(EngineModelProperties, EngineModel_TheSameWorkloadRunsTheSameWay, ()) {
    const EngineProfile profile = any_profile();
    ModelDriver one{profile};
    ModelDriver other{profile};
    const int submissions = *rc::gen::inRange(1, 10);
    for (int i = 0; i < submissions; ++i) {
        const Wanted request = any_request();
        const auto blocks = any_chain(request.prompt_tokens);
        one.submit(blocks, request.prompt_tokens, request.output_tokens);
        other.submit(blocks, request.prompt_tokens, request.output_tokens);
    }

    one.run();
    other.run();

    RC_ASSERT(one.token_times == other.token_times);
}

}  // namespace
}  // namespace penstock::sim
