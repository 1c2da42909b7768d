#include "pace.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock::monitor {
namespace {

constexpr Micros k_quick{500};
constexpr Micros k_cheap{40};

TEST(Pace, KeepsTheConfiguredIntervalOfAQuickEngine) {
    Pace pace{Millis{100}, k_metrics_share};

    pace.answered(k_quick, k_cheap);

    EXPECT_EQ(pace.interval(1), Millis{100});
}

TEST(Pace, WaitsTwentyAnswerTimes) {
    Pace pace{Millis{100}, k_metrics_share};

    pace.answered(Millis{5}, k_cheap);
    EXPECT_EQ(pace.interval(1), Millis{100});

    pace = Pace{Millis{100}, k_metrics_share};
    pace.answered(Micros{5'001}, k_cheap);
    EXPECT_EQ(pace.interval(1), Micros{100'020});
}

TEST(Pace, SmoothsAnswerTimes) {
    Pace pace{Millis{100}, k_metrics_share};
    pace.answered(Millis{8}, k_cheap);

    pace.answered(Millis{16}, k_cheap);

    EXPECT_EQ(pace.interval(1), Millis{9} * k_answer_times);
}

TEST(Pace, SharesTheBudgetAmongBackends) {
    Pace pace{Millis{100}, k_metrics_share};
    pace.answered(k_quick, k_cheap);

    // 100 us a poll, 4 % of a core: 400 polls a second in all.
    EXPECT_EQ(pace.interval(40), Millis{100});
    EXPECT_EQ(pace.interval(80), Millis{200});
}

TEST(Pace, BacksOffToASecondWhileItFails) {
    Pace pace{Millis{100}, k_metrics_share};

    pace.failed();
    EXPECT_EQ(pace.interval(1), Millis{200});
    for (int i = 0; i < 100; ++i) pace.failed();
    EXPECT_EQ(pace.interval(1), Millis{1000});
}

TEST(Pace, DoesNotHastenALongIntervalByFailing) {
    Pace pace{Millis{5'000}, k_health_share};

    pace.failed();

    EXPECT_EQ(pace.interval(1), Millis{5'000});
}

TEST(Pace, ReturnsToTheConfiguredIntervalAfterAnAnswer) {
    Pace pace{Millis{100}, k_metrics_share};
    pace.failed();

    pace.answered(k_quick, k_cheap);

    EXPECT_EQ(pace.interval(1), Millis{100});
}

TEST(Pace, LooksAgainWithinASecondWhenInDoubt) {
    Pace pace{Millis{5'000}, k_health_share};
    pace.answered(Millis{1'000}, k_cheap);

    EXPECT_EQ(pace.interval(1), Millis{20'000});
    EXPECT_EQ(pace.doubt_interval(1), Millis{1'000});
}

TEST(Pace, KeepsAShorterIntervalWhenInDoubt) {
    EXPECT_EQ((Pace{Millis{300}, k_health_share}.doubt_interval(1)), Millis{300});
}

TEST(Pace, KeepsToTheBudgetEvenWhenInDoubt) {
    Pace pace{Millis{5'000}, k_health_share};
    pace.answered(k_quick, k_cheap);

    EXPECT_EQ(pace.doubt_interval(100), Millis{2'000});
}

TEST(Pace, HasSharesOfFivePercentInSum) {
    EXPECT_DOUBLE_EQ(k_metrics_share + k_health_share + k_models_share, 0.05);
}

RC_GTEST_PROP(Pace, NeverSpendsMoreThanItsShareNorHurriesAnEngine, ()) {
    Pace pace{Millis{*rc::gen::inRange(10, 1'000)}, k_metrics_share};
    const Micros took{*rc::gen::inRange(1, 1'000'000)};
    const Micros cpu{*rc::gen::inRange(0, 100'000)};
    const auto backends = *rc::gen::inRange<std::size_t>(1, 4'096);
    pace.answered(took, cpu);

    const Micros interval = pace.interval(backends);

    const Micros cost = (k_exchange_cost + cpu) * static_cast<Micros::rep>(backends);
    RC_ASSERT(interval >= took * k_answer_times);
    RC_ASSERT(static_cast<double>(interval.count() + 1) * k_metrics_share >=
              static_cast<double>(cost.count()));
}

RC_GTEST_PROP(Pace, JitterNeverShortensAndAddsATenthAtMost, ()) {
    const Micros interval{*rc::gen::inRange(1'000, 10'000'000)};
    const double chance = *rc::gen::inRange(0, 1'000) / 1'000.0;

    const Micros later = jittered(interval, false, chance);
    const Micros after_first = jittered(interval, true, chance);

    RC_ASSERT(later >= interval && later <= interval + interval / 10 + Micros{1});
    RC_ASSERT(after_first >= interval && after_first < interval * 2);
}

}  // namespace
}  // namespace penstock::monitor
