#include "penstock/fleet/priors.h"

#include <gtest/gtest.h>

#include <vector>

namespace penstock::fleet {
namespace {

TEST(Priors, AnEngineOfDesktopsIsBelievedToBeSlower) {
    EXPECT_GT(usual_rates(Engine::llamacpp).prefill_per_token,
              5 * usual_rates(Engine::vllm).prefill_per_token);
}

TEST(Priors, ANewBackendIsExpectedToBeLikeTheMiddleOfTheOthers) {
    const std::vector<Rates> others{
        {.prefill_per_token = 1e-5, .step = 0.004, .first_tokens = 40, .gaps = 0},
        {.prefill_per_token = 3e-5, .step = 0.006, .first_tokens = 1, .gaps = 9},
        {.prefill_per_token = 9e-5, .step = 0.008, .first_tokens = 70, .gaps = 0},
        {.prefill_per_token = 1, .first_tokens = 0}};  // has shown nothing

    const Rates rates = expected_rates(Engine::vllm, others);

    EXPECT_EQ(rates.prefill_per_token, 3e-5);
    EXPECT_EQ(rates.step, 0.006);
    EXPECT_EQ(rates.adapter_load, Rates{}.adapter_load);
    EXPECT_EQ(rates.first_tokens, 0U);
    EXPECT_EQ(rates.gaps, 0U);
}

TEST(Priors, AmongBackendsThatHaveShownNothingTheUsualIsExpected) {
    const std::vector<Rates> others(3);

    EXPECT_EQ(expected_rates(Engine::llamacpp, others).prefill_per_token,
              usual_rates(Engine::llamacpp).prefill_per_token);
}

}  // namespace
}  // namespace penstock::fleet
