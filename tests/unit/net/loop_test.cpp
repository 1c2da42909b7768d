#include "penstock/net/loop.h"

#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "socket_pair.h"

namespace penstock::net {
namespace {

class Note final : public Waiter {
public:
    explicit Note(std::function<void()> what = {}) : then{std::move(what)} {}
    void wake() noexcept override {
        ++woken;
        if (then) then();
    }
    int woken = 0;
    std::function<void()> then;
};

TEST(Loop, WakesInTheNextTurnAndNotFromInsideTheCall) {
    Loop loop;
    Note note;

    loop.wake_soon(note);
    EXPECT_EQ(note.woken, 0);

    test::turn(loop);
    EXPECT_EQ(note.woken, 1);
}

TEST(Loop, WakesInTheOrderOfTheCalls) {
    Loop loop;
    std::vector<int> order;
    Note a{[&] { order.push_back(1); }};
    Note b{[&] { order.push_back(2); }};

    loop.wake_soon(a);
    loop.wake_soon(b);
    test::turn(loop);

    EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Loop, ForgetsAWaiter) {
    Loop loop;
    Note a;
    Note b;
    loop.wake_soon(a);
    loop.wake_soon(b);

    loop.forget(a);
    test::turn(loop);

    EXPECT_EQ(a.woken, 0);
    EXPECT_EQ(b.woken, 1);
}

TEST(Loop, ForgetsAWaiterOfTheSameTurn) {
    Loop loop;
    Note late;
    Note first{[&] { loop.forget(late); }};
    loop.wake_soon(first);
    loop.wake_soon(late);

    test::turn(loop);

    EXPECT_EQ(first.woken, 1);
    EXPECT_EQ(late.woken, 0);
}

TEST(Loop, LeavesWhatAWakeQueuesToTheTurnAfter) {
    Loop loop;
    Note second;
    Note first{[&] { loop.wake_soon(second); }};
    loop.wake_soon(first);

    loop.context().run_one();
    EXPECT_EQ(second.woken, 0);

    test::turn(loop);
    EXPECT_EQ(second.woken, 1);
}

TEST(Loop, SurvivesWhatEscapesFromAHandler) {
    Loop loop;
    std::vector<std::string> reported;
    loop.post([] { throw std::runtime_error{"a bug"}; });
    loop.post([&] { loop.stop(); });

    loop.run([&](std::exception_ptr error) {
        try {
            std::rethrow_exception(std::move(error));
        } catch (const std::exception& caught) {
            reported.emplace_back(caught.what());
        }
    });

    EXPECT_EQ(reported, std::vector<std::string>{"a bug"});
}

TEST(Loop, RunsWhatOtherThreadsPost) {
    constexpr int k_posts = 1000;
    Loop loop;
    int done = 0;
    std::thread other{[&] {
        for (int i = 0; i < k_posts; ++i) {
            loop.post([&] {
                if (++done == k_posts) loop.stop();
            });
        }
    }};

    loop.run([](const std::exception_ptr&) {});
    other.join();

    EXPECT_EQ(done, k_posts);
}

}  // namespace
}  // namespace penstock::net
