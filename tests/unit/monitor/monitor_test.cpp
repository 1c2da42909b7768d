// The monitor with real sockets and scripted engines.
#include "penstock/monitor/monitor.h"

#include <algorithm>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "scripted_server.h"

namespace penstock::monitor {
namespace {

using fleet::Health;
using test::answer;
using test::Reply;
using test::ScriptedServer;
using testing::ElementsAre;
using Request = ScriptedServer::Request;
using Kind = Event::Kind;

constexpr Millis k_never{3'600'000};

/// What a vLLM server answers; fields may be changed between polls.
struct Engine {
    std::string metrics = "vllm:num_requests_running{engine=\"0\"} 3\n";
    int health = 200;
    std::string models = R"({"object":"list","data":[{"id":"m","object":"model"}]})";

    [[nodiscard]] Reply reply(const Request& request) const {
        if (request.what() == "GET /metrics") return answer(200, metrics);
        if (request.what() == "GET /v1/models") return answer(200, models);
        if (request.what() == "GET /health") return answer(health, "");
        return answer(404, "");
    }
};

class MonitorTest : public testing::Test {
protected:
    Target target(fleet::Slot slot = 0) const { return target_of(server, slot); }

    static Target target_of(const ScriptedServer& where, fleet::Slot slot) {
        Target made;
        made.backend.slot = slot;
        made.backend.url = "http://127.0.0.1:" + std::to_string(where.port());
        made.backend.address.host = "127.0.0.1";
        made.backend.address.port = where.port();
        made.options.metrics_interval = k_never;
        made.options.health_interval = k_never;
        made.options.models_interval = k_never;
        made.options.metrics_path = "/metrics";
        made.options.health_path = "/health";
        made.options.models_path = "/v1/models";
        return made;
    }

    MonitorHooks hooks() {
        return {.publish = [this](auto table) { tables.push_back(std::move(table)); },
                .event = [this](const Event& event) { events.push_back(event); }};
    }

    template <class Done>
    [[nodiscard]] bool until(const Done& done) {
        return test::run_until(io, done);
    }
    [[nodiscard]] fleet::BackendState row(fleet::Slot slot = 0) const {
        if (tables.empty() || tables.back()->rows.size() <= slot) return {};
        return tables.back()->rows[slot];
    }
    /// All that a first look shows is known.
    [[nodiscard]] bool settled(fleet::Slot slot = 0) const {
        const auto now = row(slot);
        return now.health == Health::healthy && now.sample && now.models_listed;
    }
    [[nodiscard]] auto count(Kind kind) const {
        return std::count_if(events.begin(), events.end(),
                             [kind](const Event& event) { return event.kind == kind; });
    }
    [[nodiscard]] auto asked(std::string_view what) const {
        const auto& all = server.requests();
        return std::count_if(all.begin(), all.end(),
                             [what](const Request& request) { return request.what() == what; });
    }

    boost::asio::io_context io;
    fleet::CounterSlab counters;
    Engine engine;
    ScriptedServer server{io, [this](const Request& request) { return engine.reply(request); }};
    std::vector<std::shared_ptr<const fleet::LoadTable>> tables;
    std::vector<Event> events;
    Monitor monitor{io, counters, hooks()};
};

TEST_F(MonitorTest, HasATableBeforeAnythingIsKnown) {
    ASSERT_NE(monitor.table(), nullptr);
    EXPECT_TRUE(monitor.table()->rows.empty());
}

TEST_F(MonitorTest, LooksAtANewTargetAtOnce) {
    monitor.set_targets({target()});

    ASSERT_TRUE(until([this] { return settled(); }));

    EXPECT_EQ(row().sample->running, 3);
    EXPECT_THAT(row().models, ElementsAre("m"));
    EXPECT_EQ(row().last_error, "");
    EXPECT_EQ(monitor.table(), tables.back());
    EXPECT_EQ(count(Kind::up), 1);
    EXPECT_EQ(count(Kind::models_changed), 1);
}

TEST_F(MonitorTest, NotesItsCountersAtThePollsDeparture) {
    counters[0].started = 7;
    counters[0].finished = 5;
    const TimePoint before = Clock::now();

    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));

    EXPECT_EQ(row().sample->started_then, 7U);
    EXPECT_EQ(row().sample->finished_then, 5U);
    EXPECT_GE(row().sample->sent, before);
    EXPECT_LE(row().sample->sent, Clock::now());
}

/// Two ranks of one server, in the slots 0 and 1.
std::vector<Target> two_ranks(const Target& like) {
    std::vector<Target> ranks{like, like};
    for (std::uint32_t number = 0; number < ranks.size(); ++number) {
        Target& each = ranks[number];
        each.backend.slot = number;
        each.backend.url += "#" + std::to_string(number);
        each.backend.rank = fleet::Rank{.number = number, .first = 0};
        each.options.ranks = {0, 1};
    }
    return ranks;
}

TEST_F(MonitorTest, AsksOnceForAllRanksAndTellsThemApart) {
    engine.metrics +=
        "vllm:num_requests_running{engine=\"1\"} 5\n"
        "process_start_time_seconds 1000\n";
    counters[0].started = 7;
    counters[1].started = 9;

    monitor.set_targets(two_ranks(target()));
    ASSERT_TRUE(until([this] { return settled(0) && settled(1); }));

    EXPECT_EQ(row(0).sample->running, 3);
    EXPECT_EQ(row(1).sample->running, 5);
    EXPECT_EQ(row(0).sample->started_then, 7U);
    EXPECT_EQ(row(1).sample->started_then, 9U);
    EXPECT_EQ(row(1).sample->start_time, 1000);
    EXPECT_THAT(row(1).models, ElementsAre("m"));
    EXPECT_EQ(asked("GET /metrics"), 1);
    EXPECT_EQ(asked("GET /health"), 1);
}

TEST_F(MonitorTest, AFailureOfOneRankIsItsServers) {
    monitor.set_targets(two_ranks(target()));
    ASSERT_TRUE(until([this] { return settled(0) && settled(1); }));
    engine.health = 500;

    for (int i = 0; i < 3; ++i) monitor.report_failure(1, "connect_failed");

    ASSERT_TRUE(until([this] {
        return row(0).health == Health::unhealthy && row(1).health == Health::unhealthy;
    }));
}

TEST_F(MonitorTest, AsksInTheWayTheTargetSays) {
    Target below = target();
    below.backend.address.base_path = "/engine";
    below.options.authorization = "Bearer secret";
    monitor.set_targets({below});

    ASSERT_TRUE(until([this] { return server.requests().size() >= 3; }));

    EXPECT_EQ(asked("GET /engine/metrics"), 1);
    for (const Request& request : server.requests()) {
        EXPECT_NE(request.head.find("Authorization: Bearer secret\r\n"), std::string::npos);
    }
}

TEST_F(MonitorTest, AsksForTheTextExposition) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));

    const auto metrics =
        std::find_if(server.requests().begin(), server.requests().end(),
                     [](const Request& request) { return request.what() == "GET /metrics"; });
    ASSERT_NE(metrics, server.requests().end());
    EXPECT_NE(metrics->head.find("Accept: text/plain;version=0.0.4\r\n"), std::string::npos);
}

TEST_F(MonitorTest, KeepsOneConnectionForEachPath) {
    Target busy = target();
    busy.options.metrics_interval = busy.options.health_interval = Millis{1};
    busy.options.models_interval = Millis{1};
    monitor.set_targets({busy});

    ASSERT_TRUE(until([this] { return server.requests().size() >= 12; }));

    EXPECT_EQ(server.connections(), 3U);
}

TEST_F(MonitorTest, TakesAnUnpolledTargetForHealthy) {
    Target unpolled = target();
    unpolled.options.enabled = false;
    monitor.set_targets({unpolled});

    ASSERT_TRUE(until([this] { return !tables.empty(); }));

    EXPECT_EQ(row().health, Health::healthy);
    EXPECT_EQ(row().sample, std::nullopt);
    EXPECT_EQ(server.connections(), 0U);
}

TEST_F(MonitorTest, JudgesByTheMetricsWhereThereIsNoHealthPath) {
    Target bare = target();
    bare.options.health_path.clear();
    monitor.set_targets({bare});

    ASSERT_TRUE(until([this] { return settled(); }));

    EXPECT_EQ(asked("GET /health"), 0);
}

TEST_F(MonitorTest, FindsARefusingTargetUnhealthy) {
    const Target gone = target();
    server.stop();
    monitor.set_targets({gone});

    ASSERT_TRUE(until([this] { return row().health == Health::unhealthy; }));

    EXPECT_EQ(count(Kind::down), 1);
    EXPECT_NE(row().last_error, "");
    EXPECT_FALSE(row().models_listed);
}

TEST_F(MonitorTest, KeepsTheStateOfWhoStays) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));
    const auto published = tables.size();
    Target heavier = target();
    heavier.backend.weight = 2;

    monitor.set_targets({heavier, target(1)});
    ASSERT_TRUE(until([this] { return settled(1); }));

    for (std::size_t i = published; i < tables.size(); ++i) {
        EXPECT_EQ(tables[i]->rows[0].health, Health::healthy);
        EXPECT_TRUE(tables[i]->rows[0].models_listed);
    }
}

TEST_F(MonitorTest, KeepsTheStateOfWhoIsAskedDifferently) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));
    Target patient = target();
    patient.options.timeout = Millis{10'000};

    monitor.set_targets({patient});
    ASSERT_TRUE(until([this] { return asked("GET /health") == 2; }));

    EXPECT_TRUE(settled());
    EXPECT_EQ(count(Kind::up), 1);
}

TEST_F(MonitorTest, DrainsWhoLeavesUntilItIsForgotten) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));

    monitor.set_targets({});
    ASSERT_TRUE(until([this] { return row().draining; }));
    EXPECT_TRUE(settled());

    monitor.forget(0);
    ASSERT_TRUE(until([this] { return !row().draining; }));
    EXPECT_EQ(row().health, Health::unknown);
    EXPECT_EQ(row().sample, std::nullopt);
}

TEST_F(MonitorTest, TakesBackWhoWasDraining) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));
    monitor.set_targets({});
    ASSERT_TRUE(until([this] { return row().draining; }));

    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return !row().draining; }));

    EXPECT_TRUE(settled());
}

TEST_F(MonitorTest, StartsAnewWithAnotherServerInTheSlot) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));
    const ScriptedServer silent{io, [](const Request&) { return Reply{}; }};

    monitor.set_targets({target_of(silent, 0)});
    ASSERT_TRUE(until([this] { return !settled(); }));

    EXPECT_EQ(row().health, Health::unknown);
    EXPECT_EQ(row().sample, std::nullopt);
}

TEST_F(MonitorTest, IsNotDelayedByADeadTarget) {
    const ScriptedServer silent{io, [](const Request&) { return Reply{}; }};
    Target dead = target_of(silent, 0);
    dead.options.timeout = dead.options.health_timeout = k_never;

    monitor.set_targets({dead, target(1)});

    ASSERT_TRUE(until([this] { return settled(1); }));
    EXPECT_EQ(row(0).health, Health::unknown);
}

TEST_F(MonitorTest, BringsTheProbeForwardWhenAWorkerFails) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));

    monitor.report_failure(0, "connect refused");

    EXPECT_TRUE(until([this] { return asked("GET /health") == 2; }));
}

TEST_F(MonitorTest, FallsByTheWorkersWordAndRisesByAProbe) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));

    for (int i = 0; i < 3; ++i) monitor.report_failure(0, "connect refused");
    EXPECT_EQ(count(Kind::down), 1);
    ASSERT_TRUE(until([this] { return row().ejected || count(Kind::up) == 2; }));

    ASSERT_TRUE(until([this] { return settled(); }));
    EXPECT_EQ(count(Kind::up), 2);
    EXPECT_FALSE(row().ejected);
}

TEST_F(MonitorTest, ListsModelsAgainWhenABackendComesUp) {
    engine.health = 503;
    Target soon = target();
    soon.options.health_interval = Millis{1};
    monitor.set_targets({soon});
    ASSERT_TRUE(until([this] { return row().models_listed && row().health != Health::unknown; }));

    engine.health = 200;

    EXPECT_TRUE(until([this] { return asked("GET /v1/models") == 2; }));
}

TEST_F(MonitorTest, TellsARestart) {
    const auto cache = [](const std::string& tokens) {
        return "vllm:prefix_cache_queries_total{engine=\"0\"} " + tokens +
               "\nvllm:prefix_cache_hits_total{engine=\"0\"} 0\n";
    };
    engine.metrics = cache("100");
    Target soon = target();
    soon.options.metrics_interval = Millis{1};
    monitor.set_targets({soon});
    ASSERT_TRUE(until([this] { return settled(); }));

    engine.metrics = cache("1");

    EXPECT_TRUE(until([this] { return count(Kind::restarted) == 1; }));
}

TEST_F(MonitorTest, TellsTheEffectiveInterval) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));

    EXPECT_TRUE(
        until([this] { return row().poll_interval_ms == static_cast<double>(k_never.count()); }));
}

TEST_F(MonitorTest, PublishesNothingWhenNothingChanged) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled() && row().poll_interval_ms > 0; }));
    const auto published = tables.size();

    monitor.report_success(0);
    monitor.report_success(17);
    bool turned = false;
    boost::asio::post(io, [&turned] { turned = true; });
    ASSERT_TRUE(until([&turned] { return turned; }));

    EXPECT_EQ(tables.size(), published);
}

TEST_F(MonitorTest, NumbersItsTables) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));

    for (std::size_t i = 0; i < tables.size(); ++i) EXPECT_EQ(tables[i]->version, i + 1);
}

TEST_F(MonitorTest, LetsTheLoopEndOnceStopped) {
    monitor.set_targets({target()});
    ASSERT_TRUE(until([this] { return settled(); }));
    server.stop();

    monitor.stop();
    io.run();

    SUCCEED();
}

TEST(MonitorLife, LeavesNothingBehindWhenItEndsInThePolls) {
    boost::asio::io_context io;
    const fleet::CounterSlab counters;
    const ScriptedServer silent{io, [](const Request&) { return Reply{}; }};
    std::optional<Monitor> monitor{std::in_place, io, counters, MonitorHooks{}};
    Target target;
    target.backend.address.host = "127.0.0.1";
    target.backend.address.port = silent.port();
    target.options.metrics_path = "/metrics";
    monitor->set_targets({target});
    ASSERT_TRUE(test::run_until(io, [&silent] { return !silent.requests().empty(); }));

    monitor.reset();
    io.poll();

    EXPECT_EQ(silent.requests().size(), 1U);
}

}  // namespace
}  // namespace penstock::monitor
