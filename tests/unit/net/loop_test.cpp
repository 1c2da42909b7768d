#include "penstock/net/loop.h"

#include <functional>
#include <memory>
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

TEST(Loop, WakesTheDeferredBehindAllElseInTheTurn) {
    Loop loop;
    std::vector<int> order;
    Note late{[&] { order.push_back(3); }};
    Note second{[&] { order.push_back(2); }};
    Note first{[&] {
        order.push_back(1);
        EXPECT_TRUE(loop.defer(late));
    }};

    loop.wake_soon(first);
    loop.wake_soon(second);
    test::turn(loop);

    EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Loop, DefersNothingOutsideATurn) {
    Loop loop;
    Note note;

    EXPECT_FALSE(loop.defer(note));
}

TEST(Loop, WakesTheDeferredBeforeTheyAreTooMany) {
    Loop loop;
    std::vector<std::unique_ptr<Note>> notes(Loop::k_deferred_max + 1);
    for (auto& note : notes) note = std::make_unique<Note>();
    int woken_by_then = 0;
    Note many{[&] {
        for (auto& note : notes) ASSERT_TRUE(loop.defer(*note));
        for (auto& note : notes) woken_by_then += note->woken;
    }};

    loop.wake_soon(many);
    test::turn(loop);

    EXPECT_EQ(woken_by_then, static_cast<int>(Loop::k_deferred_max));
    EXPECT_EQ(notes.back()->woken, 1);
}

TEST(Loop, ForgetsADeferredWaiter) {
    Loop loop;
    Note deferred;
    Note note{[&] {
        ASSERT_TRUE(loop.defer(deferred));
        loop.forget(deferred);
    }};

    loop.wake_soon(note);
    test::turn(loop);

    EXPECT_EQ(deferred.woken, 0);
}

TEST(Loop, KeepsShortReadsUntilTheTurnsEnd) {
    Loop loop;
    bool kept = false;
    bool apart = false;
    Note note{[&] {
        const std::span<char> first = loop.read_buffer();
        loop.note_read(100);
        const std::span<char> second = loop.read_buffer();
        kept = loop.outlasts_turn({first.data(), 100}) && !loop.outlasts_turn({first.data(), 101});
        apart = second.data() == first.data() + 100 && second.size() == Loop::k_read_buffer;
    }};

    loop.wake_soon(note);
    test::turn(loop);

    EXPECT_TRUE(kept);
    EXPECT_TRUE(apart);
    EXPECT_FALSE(loop.outlasts_turn({loop.read_buffer().data(), 1}));
}

TEST(Loop, KeepsNoLongRead) {
    Loop loop;
    bool kept = true;
    Note note{[&] {
        const std::span<char> buffer = loop.read_buffer();
        loop.note_read(Loop::k_short_read + 1);
        kept = loop.outlasts_turn({buffer.data(), 1});
    }};

    loop.wake_soon(note);
    test::turn(loop);

    EXPECT_FALSE(kept);
}

TEST(Loop, KeepsNoMoreThanHalfItsBuffer) {
    Loop loop;
    std::size_t room = 0;
    Note note{[&] {
        for (int i = 0; i < 100; ++i) loop.note_read(Loop::k_short_read);
        room = loop.read_buffer().size();
    }};

    loop.wake_soon(note);
    test::turn(loop);

    EXPECT_EQ(room, Loop::k_read_buffer);
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

TEST(Loop, WakesTheDeferredOfATurnThatThrew) {
    Loop loop;
    const std::string_view bytes{loop.read_buffer().data(), 100};
    bool kept = false;
    Note deferred{[&] { kept = loop.outlasts_turn(bytes); }};
    loop.post([&] {
        loop.note_read(bytes.size());
        ASSERT_TRUE(loop.defer(deferred));
        throw std::runtime_error{"a bug"};
    });
    loop.post([&] { loop.stop(); });

    loop.run([](const std::exception_ptr&) {});

    EXPECT_EQ(deferred.woken, 1);
    EXPECT_TRUE(kept);
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
