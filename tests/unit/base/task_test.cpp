#include "penstock/base/task.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/base/await.h"

namespace penstock {
namespace {

/// Something to wait for.
struct Source {
    Waiter* waiter = nullptr;
    int registered = 0;
    int taken_back = 0;
    void set(Waiter* next) {
        (next != nullptr ? registered : taken_back) += 1;
        waiter = next;
    }
    void fire() { std::exchange(waiter, nullptr)->wake(); }
};

using Trace = std::vector<std::string>;

/// Writes down its end.
class Mark {
public:
    Mark(Trace& trace, std::string what) : trace_{trace}, what_{std::move(what)} {}
    Mark(const Mark&) = delete;
    ~Mark() { trace_.push_back(what_); }

private:
    Trace& trace_;
    std::string what_;
};

Task<int> inner(Source& source, Trace& trace) {
    const Mark mark{trace, "inner gone"};
    co_await WakeAwaiter{[&source](Waiter* waiter) noexcept { source.set(waiter); }};
    trace.emplace_back("woken");
    co_return 7;
}

Task<int> outer(Source& source, Trace& trace) {
    const Mark mark{trace, "outer gone"};
    const int value = co_await inner(source, trace);
    co_return value + 1;
}

void note_done(void* done) {
    *static_cast<bool*>(done) = true;
}

TEST(Task, IsLazy) {
    Source source;
    Trace trace;

    { const Task<int> task = outer(source, trace); }

    EXPECT_TRUE(trace.empty());
    EXPECT_EQ(source.registered, 0);
}

TEST(Task, RunsToItsFirstWaitAndOnWhenWoken) {
    Source source;
    Trace trace;
    bool done = false;
    Task<int> task = outer(source, trace);

    task.start(note_done, &done);
    EXPECT_FALSE(task.done());
    source.fire();

    EXPECT_TRUE(done);
    ASSERT_TRUE(task.done());
    EXPECT_EQ(task.take(), 8);
    EXPECT_EQ(source.taken_back, 0);
}

TEST(Task, UnwindsFromTheInsideOutWhenDestroyedWhileItWaits) {
    Source source;
    Trace trace;
    bool done = false;
    Task<int> task = outer(source, trace);
    task.start(note_done, &done);

    task.destroy();

    EXPECT_EQ(trace, (Trace{"inner gone", "outer gone"}));
    EXPECT_EQ(source.waiter, nullptr);
    EXPECT_EQ(source.taken_back, 1);
    EXPECT_FALSE(done);
    EXPECT_FALSE(task.valid());
}

Task<void> thrower() {
    throw std::runtime_error{"a bug"};
    co_return;
}

Task<std::string> catcher() {
    try {
        co_await thrower();
    } catch (const std::exception& error) {
        co_return error.what();
    }
    co_return "nothing";
}

TEST(Task, HandsAnExceptionToWhoAwaits) {
    Task<std::string> task = catcher();

    task.start([](void*) {}, nullptr);

    EXPECT_EQ(task.take(), "a bug");
}

TEST(Task, RethrowsWhatEscapedFromTheRoot) {
    Task<void> task = thrower();

    task.start([](void*) {}, nullptr);

    ASSERT_TRUE(task.done());
    EXPECT_THROW(task.take(), std::runtime_error);
}

Task<std::unique_ptr<int>> make() {
    co_return std::make_unique<int>(3);
}

TEST(Task, ReturnsWhatCanOnlyBeMoved) {
    Task<std::unique_ptr<int>> task = make();
    Task<std::unique_ptr<int>> moved = std::move(task);

    moved.start([](void*) {}, nullptr);

    EXPECT_FALSE(task.valid());  // NOLINT(bugprone-use-after-move): what a moved-from task says
    EXPECT_EQ(*moved.take(), 3);
}

Task<int> count_down(int from) {
    if (from == 0) co_return 0;
    co_return 1 + co_await count_down(from - 1);
}

TEST(Task, NestsDeeply) {
    Task<int> task = count_down(1000);

    task.start([](void*) {}, nullptr);

    EXPECT_EQ(task.take(), 1000);
}

}  // namespace
}  // namespace penstock
