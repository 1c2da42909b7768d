#include "shared_lookup.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include "penstock/base/await.h"
#include "penstock/net/loop.h"
#include "socket_pair.h"

namespace penstock::upstream {
namespace {

using penstock::test::run_until;
using Answer = SharedLookup::Answer;

/// A resolver that answers when the test says so.
class SharedLookupTest : public testing::Test {
protected:
    Task<Answer> resolve(std::string host) {
        ++asked;
        while (!answer) {
            co_await WakeAwaiter{[this](Waiter* waiter) noexcept { waiting = waiter; }};
        }
        if (throws) throw std::runtime_error{"no thread"};
        co_return host == "gone" ? Answer{Error{ErrorCode::connect_failed, "no such host"}}
                                 : *answer;
    }
    void resolved(const std::string& literal) {
        answer = net::literal_address(literal, 80);
        std::exchange(waiting, nullptr)->wake();
    }
    Task<Answer> ask(std::string host = "engine") {
        fleet::Address address;
        address.host = std::move(host);
        Task<Answer> task = lookup->ask(address, until, Millis{30'000});
        task.start([](void*) {}, nullptr);
        return task;
    }

    net::Loop loop;
    int asked = 0;
    bool throws = false;
    std::optional<Answer> answer;
    Waiter* waiting = nullptr;
    TimePoint until = loop.now() + Millis{30'000};
    std::optional<SharedLookup> lookup{
        std::in_place, loop,
        [this](net::Loop&, std::string host, std::uint16_t, Millis) { return resolve(host); }};
};

TEST_F(SharedLookupTest, AnswersAllWhoWaitByOneLookUp) {
    Task<Answer> first = ask();
    Task<Answer> second = ask();

    resolved("127.0.0.1");

    ASSERT_TRUE(run_until(loop, [&] { return first.done() && second.done(); }));
    EXPECT_EQ(first.take()->size(), 1U);
    EXPECT_EQ(second.take()->size(), 1U);
    EXPECT_EQ(asked, 1);
}

TEST_F(SharedLookupTest, TellsAllWhoWaitThatItFailed) {
    Task<Answer> first = ask("gone");
    Task<Answer> second = ask("gone");

    resolved("127.0.0.1");

    ASSERT_TRUE(run_until(loop, [&] { return first.done() && second.done(); }));
    EXPECT_EQ(first.take().error().code(), ErrorCode::connect_failed);
    EXPECT_EQ(second.take().error().detail(), "no such host");
}

TEST_F(SharedLookupTest, AsksAnewAfterALookUpThatThrew) {
    throws = true;
    Task<Answer> first = ask();
    resolved("127.0.0.1");
    ASSERT_TRUE(run_until(loop, [&] { return first.done(); }));
    EXPECT_EQ(first.take().error().code(), ErrorCode::connect_failed);

    throws = false;
    Task<Answer> second = ask();

    ASSERT_TRUE(run_until(loop, [&] { return second.done(); }));
    EXPECT_TRUE(second.take().has_value());
}

TEST_F(SharedLookupTest, AsksAnewAfterAnAnswer) {
    Task<Answer> first = ask();
    resolved("127.0.0.1");
    ASSERT_TRUE(run_until(loop, [&] { return first.done(); }));

    Task<Answer> second = ask();

    ASSERT_TRUE(run_until(loop, [&] { return second.done(); }));
    EXPECT_EQ(asked, 2);
}

TEST_F(SharedLookupTest, WhoGoesLeavesTheLookUpToTheOthers) {
    Task<Answer> first = ask();
    Task<Answer> second = ask();
    first.destroy();

    resolved("127.0.0.1");

    ASSERT_TRUE(run_until(loop, [&] { return second.done(); }));
    EXPECT_TRUE(second.take().has_value());
}

TEST_F(SharedLookupTest, WhoGoesAfterTheAnswerIsNotWoken) {
    Task<Answer> first = ask();
    Task<Answer> second = ask();
    resolved("127.0.0.1");

    first.destroy();

    ASSERT_TRUE(run_until(loop, [&] { return second.done(); }));
}

TEST_F(SharedLookupTest, WaitsNoLongerThanItIsAllowed) {
    until = loop.now();

    Task<Answer> task = ask();

    ASSERT_TRUE(task.done());
    EXPECT_EQ(task.take().error().code(), ErrorCode::connect_timeout);
}

}  // namespace
}  // namespace penstock::upstream
