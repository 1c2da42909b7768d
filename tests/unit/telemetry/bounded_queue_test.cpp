#include "bounded_queue.h"

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::telemetry {
namespace {

TEST(BoundedQueue, GivesBackInOrder) {
    BoundedQueue<int, 4> queue;

    queue.push(1);
    queue.push(2);

    EXPECT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.pop(), 2);
    EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, TakesAsManyAsItsCapacity) {
    BoundedQueue<int, 4> queue;

    for (int at = 0; at < 4; ++at) EXPECT_TRUE(queue.push(int{at}));
}

TEST(BoundedQueue, RefusesOnePastItsCapacityAndLeavesTheValue) {
    BoundedQueue<std::unique_ptr<int>, 2> queue;
    queue.push(std::make_unique<int>(1));
    queue.push(std::make_unique<int>(2));
    auto third = std::make_unique<int>(3);

    EXPECT_FALSE(queue.push(std::move(third)));

    ASSERT_NE(third, nullptr);
    EXPECT_EQ(*third, 3);
}

TEST(BoundedQueue, TakesAgainAfterAPop) {
    BoundedQueue<int, 2> queue;
    for (int round = 0; round < 10; ++round) {
        EXPECT_TRUE(queue.push(int{round}));
        EXPECT_TRUE(queue.push(int{round}));
        EXPECT_FALSE(queue.push(int{round}));

        EXPECT_EQ(queue.pop(), round);
        EXPECT_EQ(queue.pop(), round);
    }
}

TEST(BoundedQueue, DestroysWhatIsLeft) {
    const auto watched = std::make_shared<int>(1);
    {
        BoundedQueue<std::shared_ptr<int>, 4> queue;
        queue.push(std::shared_ptr<int>{watched});
        queue.push(std::shared_ptr<int>{watched});
    }
    EXPECT_EQ(watched.use_count(), 1);
}

struct Item {
    std::size_t producer = 0;
    int number = 0;
};

TEST(BoundedQueue, KeepsEachProducersOrderAndLosesNothing) {
    constexpr std::size_t k_producers = 4;
    constexpr int k_items = 5000;
    BoundedQueue<Item, 64> queue;
    std::vector<std::thread> producers;
    for (std::size_t producer = 0; producer < k_producers; ++producer) {
        producers.emplace_back([&queue, producer] {
            for (int number = 0; number < k_items; ++number) {
                while (!queue.push(Item{producer, number})) std::this_thread::yield();
            }
        });
    }

    std::array<int, k_producers> next{};
    int wrong = 0;
    for (std::size_t taken = 0; taken < k_producers * k_items;) {
        const auto item = queue.pop();
        if (!item) {
            queue.sleep([] { return false; });
            continue;
        }
        ++taken;
        if (item->number != next[item->producer]++) ++wrong;
    }
    for (std::thread& producer : producers) producer.join();

    EXPECT_EQ(wrong, 0);
    EXPECT_FALSE(queue.pop().has_value());
}

int take(BoundedQueue<int, 2>& queue) {
    while (true) {
        if (const auto value = queue.pop()) return *value;
        queue.sleep([] { return false; });
    }
}

TEST(BoundedQueue, NeverSleepsThroughAPush) {
    constexpr int k_rounds = 5000;
    BoundedQueue<int, 2> there;
    BoundedQueue<int, 2> back;
    std::thread other{[&] {
        for (int round = 0; round < k_rounds; ++round) back.push(take(there) + 1);
    }};

    int value = 0;
    for (int round = 0; round < k_rounds; ++round) {
        there.push(int{value});
        value = take(back);
    }
    other.join();

    EXPECT_EQ(value, k_rounds);
}

TEST(BoundedQueue, DoesNotSleepWhenThereIsOtherWork) {
    BoundedQueue<int, 2> queue;

    queue.sleep([] { return true; });

    EXPECT_EQ(queue.pop(), std::nullopt);
}

}  // namespace
}  // namespace penstock::telemetry
