// Skipping steps must leave the engine as stepping through them does.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model_driver.h"

namespace penstock::sim {
namespace {

TEST(QuietSteps, QuietSteps_AreTheDecodeStepsBeforeTheLastToken) {
    ModelDriver driver;
    driver.submit(8, 10);
    EXPECT_EQ(driver.model.quiet_steps(), 0U);  // the prefill

    driver.step();

    EXPECT_EQ(driver.model.quiet_steps(), 8U);  // tokens 2 to 9 of 10
}

TEST(QuietSteps, QuietSteps_EndBeforeABlockThatIsToBeKept) {
    ModelDriver driver;
    driver.submit(chain(1, 2), 8, 10, chain(3, 2));

    driver.step();

    EXPECT_EQ(driver.model.quiet_steps(), 3U);  // the fourth fills the third block
}

TEST(QuietSteps, QuietSteps_EndWhenSomebodyComes) {
    ModelDriver driver;
    driver.submit(8, 10);
    driver.step();

    driver.submit(8, 10);

    EXPECT_EQ(driver.model.quiet_steps(), 0U);
}

TEST(QuietSteps, QuietSteps_GoOnWhileTheBatchIsFull) {
    EngineProfile profile = small_profile();
    profile.max_running = 1;
    ModelDriver driver{profile};
    driver.submit(8, 10);
    driver.step();

    driver.submit(8, 10);

    EXPECT_EQ(driver.model.quiet_steps(), 8U);
}

TEST(QuietSteps, QuietSteps_ASkippedRequestEndsWhenItWouldHave) {
    ModelDriver driver;
    const RequestId id = driver.submit(20, 5);
    driver.step();
    const std::uint32_t quiet = driver.model.quiet_steps();
    driver.now += quiet * driver.model.next_step();
    driver.model.skip(quiet);

    driver.step();

    EXPECT_EQ(driver.finished_at[id], Micros{2'000 + 4 * 1'000});
}

TEST(QuietSteps, QuietSteps_ThereIsNoneInAnIdleEngine) {
    const ModelDriver driver;

    EXPECT_EQ(driver.model.quiet_steps(), 0U);
}

void expect_same(const EngineModel::Stats& one, const EngineModel::Stats& other) {
    RC_ASSERT(one.running == other.running);
    RC_ASSERT(one.waiting == other.waiting);
    RC_ASSERT(one.kv_use == other.kv_use);
    RC_ASSERT(one.generated_tokens == other.generated_tokens);
    RC_ASSERT(one.cache_hits == other.cache_hits);
    RC_ASSERT(one.finished == other.finished);
    RC_ASSERT(one.preempted == other.preempted);
}

// Two engines get the same traffic; one takes each step, the other jumps where it can.
class Twins {
public:
    explicit Twins(const EngineProfile& profile) : stepping{profile}, skipping{profile} {}

    void submit(const std::vector<std::uint64_t>& blocks, std::uint32_t prompt,
                std::uint32_t output, const std::vector<std::uint64_t>& answer) {
        ids.push_back(stepping.submit(blocks, prompt, output, answer));
        skipping.submit(blocks, prompt, output, answer);
    }
    void abort(RequestId id) {
        stepping.model.abort(id);
        skipping.model.abort(id);
    }
    void advance() {
        if (stepping.model.next_step() == Micros{0}) return;
        const std::uint32_t quiet = skipping.model.quiet_steps();
        if (quiet == 0) {
            stepping.step();
            skipping.step();
        } else {
            const std::uint32_t steps = *rc::gen::inRange<std::uint32_t>(1, quiet + 1);
            for (std::uint32_t i = 0; i < steps; ++i) check_quiet(stepping.step());
            skipping.now += steps * skipping.model.next_step();
            skipping.model.skip(steps);
        }
        compare();
    }
    void check_quiet(const std::vector<StepEvent>& events) {
        for (const StepEvent& event : events) RC_ASSERT(event.kind == StepEvent::Kind::token);
        RC_ASSERT(events.size() == stepping.model.stats().running);
    }
    void compare() {
        RC_ASSERT(stepping.now == skipping.now);
        RC_ASSERT(stepping.model.next_step() == skipping.model.next_step());
        RC_ASSERT(stepping.finished_at == skipping.finished_at);
        expect_same(stepping.model.stats(), skipping.model.stats());
        for (std::uint64_t family = 0; family < 3; ++family) {
            const auto blocks = chain(family * 1000, 32);
            RC_ASSERT(stepping.model.held_blocks(blocks) == skipping.model.held_blocks(blocks));
        }
    }

    ModelDriver stepping;
    ModelDriver skipping;
    std::vector<RequestId> ids;
};

RC_GTEST_PROP(QuietStepsProperties, QuietSteps_SkippingIsTheSameAsStepping, ()) {
    EngineProfile profile = small_profile();
    profile.max_running = *rc::gen::inRange<std::uint32_t>(1, 6);
    profile.max_prefill_tokens_per_step = *rc::gen::inRange<std::uint32_t>(1, 80);
    profile.kv_blocks = *rc::gen::inRange<std::uint32_t>(32, 60);
    Twins twins{profile};
    const int actions = *rc::gen::inRange(1, 80);
    for (int i = 0; i < actions; ++i) {
        const int action = *rc::gen::inRange(0, 8);
        if (action < 2) {
            const auto prompt = *rc::gen::inRange<std::uint32_t>(1, 90);
            const auto output = *rc::gen::inRange<std::uint32_t>(1, 38);
            const auto family = *rc::gen::inRange<std::uint64_t>(0, 3);
            const bool known = *rc::gen::arbitrary<bool>();
            const std::uint32_t filled = known ? (prompt + output) / 4 - prompt / 4 : 0;
            twins.submit(chain(family * 1000, prompt / 4), prompt, output,
                         chain(family * 1000 + prompt / 4, filled));
        } else if (action == 2 && !twins.ids.empty()) {
            twins.abort(twins.ids[*rc::gen::inRange<std::size_t>(0, twins.ids.size())]);
        } else {
            twins.advance();
        }
    }
    for (int i = 0; twins.stepping.model.next_step() > Micros{0}; ++i) {
        RC_ASSERT(i < 100'000);
        twins.advance();
    }
    twins.compare();
}

}  // namespace
}  // namespace penstock::sim
