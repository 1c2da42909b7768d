#include "penstock/telemetry/log.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "room.h"

namespace penstock::telemetry {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

LogOptions to_file(const std::string& path) {
    LogOptions options;
    options.access_file = path;
    return options;
}

RequestRecord request(std::string id) {
    RequestRecord record;
    record.request_id = std::move(id);
    static const std::string path(200, 'p');
    record.path = path;
    return record;
}

auto lines(const std::string& text) {
    return std::ranges::count(text, '\n');
}

TEST(Log, WritesAnAccessLinePerRequest) {
    const Room room;
    {
        Log log{to_file(room.file("access"))};
        log.access(request("first"));
        log.access(request("second"));
    }

    const std::string text = room.text("access");

    EXPECT_EQ(lines(text), 2);
    EXPECT_LT(text.find("\"first\""), text.find("\"second\""));
}

TEST(Log, TakesLinesFromManyThreads) {
    const Room room;
    {
        Log log{to_file(room.file("access"))};
        std::vector<std::thread> workers;
        for (int worker = 0; worker < 4; ++worker) {
            workers.emplace_back([&log] {
                for (int at = 0; at < 500; ++at) log.access(request("x"));
            });
        }
        for (std::thread& worker : workers) worker.join();
        EXPECT_EQ(log.dropped(), 0U);
    }
    EXPECT_EQ(lines(room.text("access")), 2000);
}

TEST(Log, WritesNoAccessLinesWhenSwitchedOff) {
    const Room room;
    LogOptions options = to_file(room.file("access"));
    options.access = false;
    {
        Log log{options};
        log.access(request("x"));
        EXPECT_EQ(log.dropped(), 0U);
    }
    EXPECT_THAT(room.text("access"), IsEmpty());
}

TEST(Log, ExplainsOnlyInLinesThatAreWritten) {
    const Room room;
    LogOptions options = to_file(room.file("access"));
    Log log{options};
    EXPECT_FALSE(log.explains());

    options.explain = true;
    log.configure(options);
    EXPECT_TRUE(log.explains());

    options.access = false;
    log.configure(options);
    EXPECT_FALSE(log.explains());
}

TEST(Log, TellsItsLifecycleOnStandardErrorFromItsLevelOn) {
    testing::internal::CaptureStderr();
    {
        Log log{LogOptions{.level = LogLevel::warning}};
        log.write(LogLevel::error, "cannot", {{"file", "a b"}});
        log.write(LogLevel::warning, "degraded");
        log.write(LogLevel::info, "not told");
    }
    const std::string text = testing::internal::GetCapturedStderr();

    EXPECT_EQ(lines(text), 2);
    EXPECT_THAT(text, HasSubstr(R"("level":"error","message":"cannot","file":"a b"})"));
    EXPECT_THAT(text, HasSubstr(R"("level":"warning","message":"degraded"})"));
}

TEST(Log, TellsInLogfmtWhenAsked) {
    testing::internal::CaptureStderr();
    {
        Log log{LogOptions{.format = LogFormat::logfmt}};
        log.write(LogLevel::info, "reload done", {{"generation", "2"}});
    }

    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("level=info message=\"reload done\" generation=2\n"));
}

TEST(Log, TakesTheNewLevelOnConfigure) {
    testing::internal::CaptureStderr();
    {
        Log log{LogOptions{.level = LogLevel::error}};
        log.write(LogLevel::debug, "before");
        log.configure(LogOptions{.level = LogLevel::debug});
        log.write(LogLevel::debug, "after");
    }
    const std::string text = testing::internal::GetCapturedStderr();

    EXPECT_THAT(text, Not(HasSubstr("before")));
    EXPECT_THAT(text, HasSubstr("after"));
}

TEST(Log, OpensItsFileAnewOnConfigure) {
    const Room room;
    {
        Log log{to_file(room.file("access"))};
        log.access(request("early"));
        std::filesystem::rename(room.file("access"), room.file("access.1"));
        log.configure(to_file(room.file("access")));
        log.access(request("late"));
    }

    EXPECT_THAT(room.text("access"), HasSubstr("late"));
    EXPECT_EQ(lines(room.text("access") + room.text("access.1")), 2);
}

TEST(Log, FallsBackToStandardOutputWhenTheFileCannotBeOpened) {
    const Room room;
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    {
        Log log{to_file(room.file("no/such/directory"))};
        log.access(request("fallen"));
    }

    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("fallen"));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("cannot be opened"));
}

TEST(Log, DropsAndCountsLinesOfAStuckSinkAndNeverWaits) {
    constexpr std::uint64_t k_pushed = 20'000;
    constexpr std::uint64_t k_kept_at_most = 8192 + 2000;  // queue, pipe and the sink's own room
    const Room room;
    PipeReader reader{room.file("pipe")};
    Log log{to_file(room.file("pipe"))};

    for (std::uint64_t at = 0; at < k_pushed; ++at) log.access(request("x"));

    EXPECT_GE(log.dropped(), k_pushed - k_kept_at_most);
    reader.close();  // else the log would try for a second at its end
}

TEST(Log, CountsLinesOfAClosedSink) {
    const Room room;
    PipeReader reader{room.file("pipe")};
    Log log{to_file(room.file("pipe"))};
    reader.close();

    log.access(request("x"));

    while (log.dropped() == 0) std::this_thread::yield();
    EXPECT_EQ(log.dropped(), 1U);
}

TEST(Log, WakesForALineAfterASilence) {
    const Room room;
    PipeReader reader{room.file("pipe")};
    Log log{to_file(room.file("pipe"))};

    std::string arrived;
    for (int round = 1; round <= 3; ++round) {
        log.access(request("x"));
        while (lines(arrived) < round) {
            arrived += reader.drain();
            std::this_thread::yield();
        }
    }

    EXPECT_EQ(lines(arrived), 3);
}

}  // namespace
}  // namespace penstock::telemetry
