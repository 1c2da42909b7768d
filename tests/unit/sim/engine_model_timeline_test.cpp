// Timelines computed by hand, with the round numbers of `small_profile`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model_driver.h"

namespace penstock::sim {
namespace {

using testing::ElementsAre;
using Kind = StepEvent::Kind;

TEST(EngineModel, EngineModel_HasNothingToDoAtFirst) {
    const EngineModel model{small_profile()};

    EXPECT_EQ(model.next_step(), Micros{0});
    EXPECT_EQ(model.stats().running, 0U);
}

TEST(EngineModel, EngineModel_OneRequestTakesItsPrefillAndThenOneStepAToken) {
    ModelDriver driver;
    const RequestId id = driver.submit(20, 3);

    driver.run();

    EXPECT_THAT(driver.token_times[id], ElementsAre(Micros{2'000}, Micros{3'000}, Micros{4'000}));
    EXPECT_EQ(driver.finished_at[id], Micros{4'000});
}

TEST(EngineModel, EngineModel_TellsFirstTokenTokenAndFinished) {
    ModelDriver driver;
    const RequestId id = driver.submit(20, 2);

    EXPECT_THAT(driver.step(), ElementsAre(StepEvent{Kind::first_token, id, 0}));
    EXPECT_THAT(driver.step(),
                ElementsAre(StepEvent{Kind::token, id, 1}, StepEvent{Kind::finished, id, 1}));
    EXPECT_EQ(driver.model.next_step(), Micros{0});
}

TEST(EngineModel, EngineModel_ARequestOfOneTokenEndsWithItsPrefill) {
    ModelDriver driver;
    const RequestId id = driver.submit(1, 1);

    EXPECT_THAT(driver.step(),
                ElementsAre(StepEvent{Kind::first_token, id, 0}, StepEvent{Kind::finished, id, 0}));
    EXPECT_EQ(driver.now, Micros{100});
}

TEST(EngineModel, EngineModel_PromptsAreCutIntoChunks) {
    ModelDriver driver;
    const RequestId exact = driver.submit(64, 1);
    driver.run();
    EXPECT_THAT(driver.token_times[exact], ElementsAre(Micros{6'400}));

    ModelDriver other;
    other.submit(65, 1);
    EXPECT_THAT(other.step(), ElementsAre());
    EXPECT_EQ(other.now, Micros{6'400});
    EXPECT_EQ(other.step().size(), 2U);
    EXPECT_EQ(other.now, Micros{6'500});
}

TEST(EngineModel, EngineModel_PromptsShareAChunkInOrderOfArrival) {
    ModelDriver driver;
    driver.submit(1, 1);  // holds the engine for a step, so that the others are planned together
    const RequestId first = driver.submit(40, 1);
    const RequestId second = driver.submit(40, 1);
    driver.step();

    EXPECT_THAT(driver.step(), ElementsAre(StepEvent{Kind::first_token, first, 0},
                                           StepEvent{Kind::finished, first, 0}));
    EXPECT_EQ(driver.now, Micros{100 + 6'400});
    driver.step();

    EXPECT_EQ(driver.finished_at[second], Micros{100 + 6'400 + 1'600});
}

TEST(EngineModel, EngineModel_ABatchTakesLongerByTheRequest) {
    ModelDriver driver;
    driver.submit(1, 2);
    driver.submit(1, 2);
    driver.submit(1, 2);
    driver.step();  // the first alone: 100 us
    driver.step();  // its second token beside two prefills: 1,000 + 200 us

    EXPECT_EQ(driver.now, Micros{1'300});
    driver.step();  // two that decode: 1,100 us

    EXPECT_EQ(driver.now, Micros{2'400});
}

TEST(EngineModel, EngineModel_DecodesGoOnBesideAPrefill) {
    ModelDriver driver;
    const RequestId talking = driver.submit(10, 5);
    driver.step();
    const RequestId comer = driver.submit(64, 1);
    driver.step();  // planned before the second came
    driver.step();

    EXPECT_EQ(driver.token_times[talking].size(), 3U);
    EXPECT_EQ(driver.finished_at[comer], Micros{1'000 + 1'000 + 1'000 + 6'400});
}

TEST(EngineModel, EngineModel_AStepUnderWayIsNotChangedByWhoComes) {
    ModelDriver driver;
    driver.submit(10, 2);
    const Micros before = driver.model.next_step();

    driver.submit(64, 1);

    EXPECT_EQ(driver.model.next_step(), before);
    EXPECT_EQ(driver.model.stats().waiting, 1U);
}

TEST(EngineModel, EngineModel_RunsAsManyAsItsLimitAndNotOneMore) {
    ModelDriver driver;
    for (int i = 0; i < 5; ++i) driver.submit(1, 100);
    driver.step();

    EXPECT_EQ(driver.model.stats().running, 4U);
    EXPECT_EQ(driver.model.stats().waiting, 1U);
}

TEST(EngineModel, EngineModel_WhoWaitsIsAdmittedInOrder) {
    EngineProfile profile = small_profile();
    profile.max_running = 1;
    ModelDriver driver{profile};
    const RequestId first = driver.submit(1, 2);
    const RequestId second = driver.submit(1, 1);
    const RequestId third = driver.submit(1, 1);

    driver.run();

    EXPECT_LT(driver.finished_at[first], driver.finished_at[second]);
    EXPECT_LT(driver.finished_at[second], driver.finished_at[third]);
}

TEST(EngineModel, EngineModel_AnAbortedRequestMakesRoomForTheNext) {
    EngineProfile profile = small_profile();
    profile.max_running = 1;
    ModelDriver driver{profile};
    const RequestId first = driver.submit(8, 100);
    const RequestId second = driver.submit(8, 1);
    driver.step();

    driver.model.abort(first);
    driver.run();

    EXPECT_EQ(driver.token_times[first].size(), 1U);
    EXPECT_EQ(driver.token_times[second].size(), 1U);
    EXPECT_EQ(driver.model.stats().aborted, 1U);
}

TEST(EngineModel, EngineModel_AbortingTheLastRequestMakesItIdle) {
    ModelDriver driver;
    const RequestId id = driver.submit(8, 100);

    driver.model.abort(id);

    EXPECT_EQ(driver.model.next_step(), Micros{0});
    EXPECT_EQ(driver.model.stats().kv_use, 0.0);
}

TEST(EngineModel, EngineModel_AbortingAWaitingRequestTakesItOutOfTheQueue) {
    EngineProfile profile = small_profile();
    profile.max_running = 1;
    ModelDriver driver{profile};
    driver.submit(1, 1);
    const RequestId waiting = driver.submit(1, 1);

    driver.model.abort(waiting);
    driver.run();

    EXPECT_FALSE(driver.token_times.contains(waiting));
    EXPECT_EQ(driver.model.stats().finished, 1U);
}

TEST(EngineModel, EngineModel_AbortingWhatHasEndedIsNothing) {
    ModelDriver driver;
    const RequestId id = driver.submit(1, 1);
    driver.run();

    driver.model.abort(id);
    driver.model.abort(id + 1);

    EXPECT_EQ(driver.model.stats().aborted, 0U);
    EXPECT_EQ(driver.model.stats().finished, 1U);
}

TEST(EngineModel, EngineModel_CountsTokens) {
    ModelDriver driver;
    driver.submit(10, 3);
    driver.submit(6, 2);

    driver.run();

    EXPECT_EQ(driver.model.stats().prompt_tokens, 16U);
    EXPECT_EQ(driver.model.stats().generated_tokens, 5U);
    EXPECT_EQ(driver.model.stats().finished, 2U);
}

TEST(EngineModel, EngineModel_ARestartForgetsEverything) {
    ModelDriver driver;
    driver.submit(chain(1, 2), 8, 1);
    driver.run();
    driver.submit(8, 100);
    driver.submit(8, 100);

    driver.model.reset();

    EXPECT_EQ(driver.model.next_step(), Micros{0});
    EXPECT_EQ(driver.model.stats().running, 0U);
    EXPECT_EQ(driver.model.stats().finished, 0U);
    const RequestId again = driver.submit(chain(1, 2), 8, 1);
    EXPECT_EQ(driver.model.cached_tokens(again), 0U);
    EXPECT_EQ(again, 4U);
}

}  // namespace
}  // namespace penstock::sim
