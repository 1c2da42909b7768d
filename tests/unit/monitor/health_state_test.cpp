#include "health_state.h"

#include <ostream>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock::fleet {
static std::ostream& operator<<(std::ostream& out, Health health) {
    return out << static_cast<int>(health);
}
}  // namespace penstock::fleet

namespace penstock::monitor {

static std::ostream& operator<<(std::ostream& out, HealthState::Change change) {
    return out << static_cast<int>(change);
}

namespace {

using fleet::Health;
using Input = HealthState::Input;
using Change = HealthState::Change;

constexpr Input k_inputs[] = {Input::probe_good,   Input::probe_bad,    Input::probe_loading,
                              Input::probe_silent, Input::traffic_good, Input::traffic_bad};

struct Case {
    Health from;
    Input input;
    Health to;
    Change change;
};

TEST(HealthState, MovesByEachInputInEachState) {
    // With rise = fall = 1 every input counts at once.
    const Case cases[] = {
        {Health::unknown, Input::probe_good, Health::healthy, Change::up},
        {Health::unknown, Input::probe_bad, Health::unhealthy, Change::down},
        {Health::unknown, Input::probe_loading, Health::loading, Change::moved},
        {Health::unknown, Input::probe_silent, Health::unhealthy, Change::down},
        {Health::unknown, Input::traffic_good, Health::unknown, Change::none},
        {Health::unknown, Input::traffic_bad, Health::unhealthy, Change::down},
        {Health::healthy, Input::probe_good, Health::healthy, Change::none},
        {Health::healthy, Input::probe_bad, Health::unhealthy, Change::down},
        {Health::healthy, Input::probe_loading, Health::loading, Change::down},
        {Health::healthy, Input::probe_silent, Health::unhealthy, Change::down},
        {Health::healthy, Input::traffic_good, Health::healthy, Change::none},
        {Health::healthy, Input::traffic_bad, Health::unhealthy, Change::down},
        {Health::unhealthy, Input::probe_good, Health::healthy, Change::up},
        {Health::unhealthy, Input::probe_bad, Health::unhealthy, Change::none},
        {Health::unhealthy, Input::probe_loading, Health::loading, Change::moved},
        {Health::unhealthy, Input::probe_silent, Health::unhealthy, Change::none},
        {Health::unhealthy, Input::traffic_good, Health::unhealthy, Change::none},
        {Health::unhealthy, Input::traffic_bad, Health::unhealthy, Change::none},
        {Health::loading, Input::probe_good, Health::healthy, Change::up},
        {Health::loading, Input::probe_bad, Health::unhealthy, Change::down},
        {Health::loading, Input::probe_loading, Health::loading, Change::none},
        {Health::loading, Input::probe_silent, Health::unhealthy, Change::down},
        {Health::loading, Input::traffic_good, Health::loading, Change::none},
        {Health::loading, Input::traffic_bad, Health::unhealthy, Change::down},
    };
    for (const Case& each : cases) {
        HealthState state{1, 1, each.from};

        const Change change = state.step(each.input);

        EXPECT_EQ(state.health(), each.to) << each.from << " " << name(each.input);
        EXPECT_EQ(change, each.change) << each.from << " " << name(each.input);
    }
}

/// Steps through all and gives the last change.
Change play(HealthState& state, const std::vector<Input>& inputs) {
    Change last = Change::none;
    for (const Input input : inputs) last = state.step(input);
    return last;
}

TEST(HealthState, FallsAtTheLastFailureAndNotBefore) {
    for (const Input bad : {Input::probe_bad, Input::probe_silent, Input::traffic_bad}) {
        HealthState state{1, 3, Health::healthy};

        EXPECT_EQ(play(state, {bad, bad}), Change::none);
        EXPECT_EQ(state.step(bad), Change::down);
    }
}

TEST(HealthState, RisesAtTheLastGoodProbeAndNotBefore) {
    for (const Health unfit : {Health::unhealthy, Health::loading}) {
        HealthState state{2, 3, unfit};

        EXPECT_EQ(state.step(Input::probe_good), Change::none);
        EXPECT_EQ(state.step(Input::probe_good), Change::up);
    }
}

TEST(HealthState, BelievesTheFirstProbeOfAnUnknownBackend) {
    HealthState good{5, 5};
    HealthState bad{5, 5};

    EXPECT_EQ(good.step(Input::probe_good), Change::up);
    EXPECT_EQ(bad.step(Input::probe_silent), Change::down);
}

TEST(HealthState, CountsTrafficOfAnUnknownBackendUpToFall) {
    HealthState state{1, 2};

    EXPECT_EQ(state.step(Input::traffic_bad), Change::none);
    EXPECT_EQ(state.step(Input::traffic_bad), Change::down);
}

TEST(HealthState, CountsProbesAndTrafficTogether) {
    HealthState state{1, 3, Health::healthy};

    EXPECT_EQ(play(state, {Input::probe_bad, Input::traffic_bad, Input::probe_silent}),
              Change::down);
}

TEST(HealthState, ForgetsFailuresAtAGoodProbe) {
    HealthState state{1, 2, Health::healthy};

    play(state, {Input::probe_bad, Input::probe_good, Input::probe_bad});

    EXPECT_EQ(state.health(), Health::healthy);
}

TEST(HealthState, ForgetsSilenceAtSuccessfulTraffic) {
    HealthState state{1, 2, Health::healthy};

    play(state, {Input::probe_silent, Input::traffic_good, Input::probe_silent});

    EXPECT_EQ(state.health(), Health::healthy);
}

TEST(HealthState, RemembersBadAnswersDespiteSuccessfulTraffic) {
    HealthState state{1, 2, Health::healthy};

    play(state, {Input::probe_bad, Input::traffic_good, Input::probe_bad});

    EXPECT_EQ(state.health(), Health::unhealthy);
}

TEST(HealthState, StartsToCountGoodProbesAnewAfterAFailure) {
    HealthState state{2, 1, Health::unhealthy};

    play(state, {Input::probe_good, Input::probe_bad, Input::probe_good});

    EXPECT_EQ(state.health(), Health::unhealthy);
}

TEST(HealthState, StaysLoadingForAsLongAsTheEngineSaysSo) {
    HealthState state{1, 3, Health::loading};

    play(state, {Input::probe_silent, Input::probe_loading, Input::probe_silent,
                 Input::probe_silent, Input::probe_loading});

    EXPECT_EQ(state.health(), Health::loading);
}

TEST(HealthState, IsInDoubtFromTheFirstFailureOn) {
    HealthState state{1, 3, Health::healthy};
    EXPECT_FALSE(state.in_doubt());

    state.step(Input::probe_silent);
    EXPECT_TRUE(state.in_doubt());

    state.step(Input::traffic_good);
    EXPECT_FALSE(state.in_doubt());
}

RC_GTEST_PROP(HealthState, IsHealthyAfterRiseGoodProbesWhateverWasBefore, ()) {
    const auto rise = *rc::gen::inRange<std::uint32_t>(1, 6);
    HealthState state{rise, *rc::gen::inRange<std::uint32_t>(1, 6)};
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
    for (const int step : steps) state.step(k_inputs[step]);

    for (std::uint32_t i = 0; i < rise; ++i) state.step(Input::probe_good);

    RC_ASSERT(state.health() == Health::healthy);
}

RC_GTEST_PROP(HealthState, TellsUpAndDownExactlyWhenItChanges, ()) {
    HealthState state{*rc::gen::inRange<std::uint32_t>(1, 4),
                      *rc::gen::inRange<std::uint32_t>(1, 4)};
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
    for (const int step : steps) {
        const Health before = state.health();
        const Change change = state.step(k_inputs[step]);
        RC_ASSERT((change == Change::none) == (before == state.health()));
        RC_ASSERT((change == Change::up) ==
                  (before != Health::healthy && state.health() == Health::healthy));
    }
}

}  // namespace
}  // namespace penstock::monitor
