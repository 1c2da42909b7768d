#include <chrono>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/net/loop.h"
#include "socket_pair.h"

namespace penstock::net {
namespace {

/// A timer that notes when it fired and then does something.
class Alarm final : public Waiter {
public:
    explicit Alarm(Loop& loop) : timer{loop} {}
    void wake() noexcept override {
        ++fired;
        at = Clock::now();
        if (then) then();
    }
    void set(Millis after) { timer.set(after, *this); }

    Timer timer;
    int fired = 0;
    TimePoint at{};
    std::function<void()> then;
};

class TimerTest : public testing::Test {
protected:
    Loop loop;
    Alarm alarm{loop};
};

TEST_F(TimerTest, FiresOnceAndNotEarly) {
    const TimePoint start = Clock::now();
    alarm.set(Millis{50});

    ASSERT_TRUE(test::run_until(loop, [&] { return alarm.fired > 0; }));

    EXPECT_GE(alarm.at - start, Millis{50});
    EXPECT_FALSE(alarm.timer.set());
    test::turn(loop);
    EXPECT_EQ(alarm.fired, 1);
}

TEST_F(TimerTest, FiresSoonForADeadlineThatHasPassed) {
    const TimePoint start = Clock::now();
    Alarm guard{loop};
    // The wheel is empty and has not turned for some ticks: the deadline lies among those.
    while (Clock::now() - start < 3 * Loop::k_tick) {
    }
    alarm.set(Millis{-20});
    guard.set(Millis{1000});

    ASSERT_TRUE(test::run_until(loop, [&] { return alarm.fired + guard.fired > 0; }));

    EXPECT_EQ(alarm.fired, 1);
}

TEST_F(TimerTest, FiresInTheNextTickForADeadlineOfZero) {
    Alarm guard{loop};
    guard.set(Millis{1000});
    alarm.set(Millis{0});

    ASSERT_TRUE(test::run_until(loop, [&] { return alarm.fired + guard.fired > 0; }));

    EXPECT_EQ(alarm.fired, 1);
}

TEST_F(TimerTest, FiresInOrder) {
    std::vector<int> order;
    std::vector<std::unique_ptr<Alarm>> alarms;
    for (const int after : {120, 40, 80}) {
        alarms.push_back(std::make_unique<Alarm>(loop));
        alarms.back()->then = [&order, after] { order.push_back(after); };
        alarms.back()->set(Millis{after});
    }

    ASSERT_TRUE(test::run_until(loop, [&] { return order.size() == 3; }));

    EXPECT_EQ(order, (std::vector{40, 80, 120}));
}

TEST_F(TimerTest, IsSilentOnceCleared) {
    Alarm other{loop};
    alarm.set(Millis{20});
    other.set(Millis{60});

    alarm.timer.clear();

    ASSERT_TRUE(test::run_until(loop, [&] { return other.fired > 0; }));
    EXPECT_EQ(alarm.fired, 0);
}

TEST_F(TimerTest, IsSilentOnceDestroyed) {
    Alarm other{loop};
    {
        Alarm shortlived{loop};
        shortlived.set(Millis{20});
    }
    other.set(Millis{60});

    EXPECT_TRUE(test::run_until(loop, [&] { return other.fired > 0; }));
}

TEST_F(TimerTest, CountsFromTheLastSetting) {
    const TimePoint start = Clock::now();
    alarm.set(Millis{20});
    alarm.set(Millis{100});

    ASSERT_TRUE(test::run_until(loop, [&] { return alarm.fired > 0; }));

    EXPECT_GE(alarm.at - start, Millis{100});
    EXPECT_EQ(alarm.fired, 1);
}

TEST_F(TimerTest, MayClearAllOthersOfItsTickFromAWake) {
    std::vector<std::unique_ptr<Alarm>> alarms;
    int fired = 0;
    for (int i = 0; i < 5; ++i) alarms.push_back(std::make_unique<Alarm>(loop));
    for (const auto& each : alarms) {
        each->then = [&] {
            ++fired;
            for (const auto& other : alarms) other->timer.clear();
        };
        each->set(Millis{40});
    }
    Alarm last{loop};
    last.set(Millis{120});

    ASSERT_TRUE(test::run_until(loop, [&] { return last.fired > 0; }));

    // One a tick; five settings may fall on two ticks.
    EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, MayDestroyOthersFromAWake) {
    std::vector<std::unique_ptr<Alarm>> alarms;
    for (int i = 0; i < 4; ++i) alarms.push_back(std::make_unique<Alarm>(loop));
    for (const auto& each : alarms) each->set(Millis{40});
    alarm.then = [&] { alarms.clear(); };
    alarm.set(Millis{20});
    Alarm last{loop};
    last.set(Millis{80});

    EXPECT_TRUE(test::run_until(loop, [&] { return last.fired > 0; }));
}

TEST_F(TimerTest, MayBeSetAgainFromItsOwnWake) {
    alarm.then = [&] {
        if (alarm.fired < 4) alarm.set(Millis{0});
    };
    alarm.set(Millis{0});

    EXPECT_TRUE(test::run_until(loop, [&] { return alarm.fired == 4; }));
}

TEST_F(TimerTest, WaitsOverARoundOfTheWheel) {
    // One round is 512 ticks, some 10 s: a timer of the same slot, one round later, stays silent
    // when its neighbour of this round fires, and both are found again.
    Alarm near{loop};
    alarm.set(Loop::k_tick * 514);
    near.set(Loop::k_tick * 2);

    ASSERT_TRUE(test::run_until(loop, [&] { return near.fired > 0; }));
    test::turn(loop);

    EXPECT_EQ(alarm.fired, 0);
    EXPECT_TRUE(alarm.timer.set());
    alarm.timer.clear();
}

TEST_F(TimerTest, FiresInALaterRoundAndNotEarly) {
    const TimePoint start = Clock::now();
    constexpr Millis k_after = Loop::k_tick * 520;
    alarm.set(k_after);

    ASSERT_TRUE(test::run_until(loop, [&] { return alarm.fired > 0; }));

    EXPECT_GE(alarm.at - start, k_after);
}

TEST_F(TimerTest, TellsACoarseTimeThatIsNeverInTheFuture) {
    alarm.set(Millis{20});
    ASSERT_TRUE(test::run_until(loop, [&] { return alarm.fired > 0; }));

    EXPECT_LE(loop.coarse_now(), loop.now());
    EXPECT_GE(loop.coarse_now() + Loop::k_tick, alarm.at);
}

}  // namespace
}  // namespace penstock::net
