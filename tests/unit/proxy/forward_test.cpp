// One request to one of several engines: which is tried when, what is charged and taken back.
#include <gtest/gtest.h>

#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace): the vocabulary of these dialogues

const std::string k_ok = answer(200, R"({"usage":{"prompt_tokens":7,"completion_tokens":3}})",
                                "Content-Type: application/json\r\n");

class ForwardTest : public testing::Test {
protected:
    ProxyBench bench;
};

TEST_F(ForwardTest, SendsTheBodyAsItCameAndTheAnswerBack) {
    Engine& engine = bench.add_engine();
    engine.answer_with(k_ok);
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    EXPECT_TRUE(
        engine.requests()[0].starts_with("POST /v1/chat/completions HTTP/1.1\r\nHost: 127"));
    EXPECT_TRUE(engine.requests()[0].ends_with("\r\n\r\n" + std::string{k_chat}));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 200"));
}

TEST_F(ForwardTest, RecordsTokensAttemptsAndOutcome) {
    bench.add_engine().answer_with(k_ok);
    Peer& client = bench.connect();
    client.send(chat("X-Request-Id: mine\r\n"));
    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    ASSERT_TRUE(bench.until_quiet());

    const std::string line = bench.access_lines();

    EXPECT_NE(line.find(R"("request_id":"mine")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("model":"m")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("attempts":1)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("status":200)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("outcome":"ok")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("prompt_tokens":7,"output_tokens":3)"), std::string::npos) << line;
    EXPECT_EQ(client.got("X-Request-Id: mine\r\n"), true);
}

TEST_F(ForwardTest, ChargesFromThePickToTheEnd) {
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    client.send(chat());
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    EXPECT_EQ(bench.in_flight(0), 1U);

    engine[0].send(k_ok);

    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(bench.in_flight(0), 0U);
    EXPECT_EQ(bench.budget.used(), 0U);
}

TEST_F(ForwardTest, GivesTheBodysBytesBackToTheBudgetAtTheFirstResponseByte) {
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    client.send(chat());
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    EXPECT_GT(bench.budget.used(), 0U);

    engine[0].send(k_event_stream_head);

    ASSERT_TRUE(bench.until_got(client, "text/event-stream"));
    EXPECT_EQ(bench.budget.used(), 0U);
    EXPECT_EQ(bench.in_flight(0), 1U);
}

TEST_F(ForwardTest, KeepsTheConnectionForTheNextRequest) {
    Engine& engine = bench.add_engine();
    engine.answer_with(k_ok);
    Peer& client = bench.connect();

    client.send(chat());
    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    client.forget_got();
    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    EXPECT_EQ(engine.connections(), 1U);
}

TEST_F(ForwardTest, TriesTheNextBackendWhenConnectingIsRefused) {
    bench.add_engine().refuse();
    bench.add_engine().answer_with(k_ok);
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(bench.in_flight(0), 0U);
    EXPECT_EQ(bench.failures,
              (std::vector<std::pair<fleet::Slot, ErrorCode>>{{0, ErrorCode::connect_failed}}));
    EXPECT_NE(bench.access_lines().find(R"("attempts":2)"), std::string::npos);
}

TEST_F(ForwardTest, TriesTheNextBackendWhileOneIsLoading) {
    bench.add_engine().answer_with(answer(503, "loading"));
    bench.add_engine().answer_with(k_ok);
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    EXPECT_FALSE(client.got("loading"));
    EXPECT_NE(bench.engine(0).requests()[0].find("-1-"), std::string::npos);
    EXPECT_NE(bench.engine(1).requests()[0].find("-2-"), std::string::npos);
}

TEST_F(ForwardTest, PassesA503OnWhenNobodyElseCouldServe) {
    bench.add_engine().answer_with(answer(503, "loading", "Retry-After: 9\r\n"));
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "loading"));
    EXPECT_TRUE(client.got("Retry-After: 9"));
}

TEST_F(ForwardTest, StopsAfterTheAllowedNumberOfFurtherBackends) {
    for (int i = 0; i < 4; ++i) bench.add_engine().refuse();
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "connect_failed"));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 502"));
    EXPECT_EQ(bench.failures.size(), 1U + 2U);
}

TEST_F(ForwardTest, ReplacesAReusedConnectionThatDies) {
    Engine& engine = bench.add_engine();
    engine.answer_with(k_ok);
    Peer& client = bench.connect();
    client.send(chat());
    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    ASSERT_TRUE(bench.until_quiet());
    client.forget_got();
    engine.answer_with([&](const std::string&) {
        if (engine.connections() > 1) return k_ok;
        engine[0].close();  // with the second request
        return std::string{};
    });

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
    EXPECT_EQ(engine.connections(), 2U);
    ASSERT_EQ(engine.requests().size(), 3U);
    const auto id = [](const std::string& request) {
        const std::size_t at = request.find("X-Request-Id: ");
        return request.substr(at, request.find("\r\n", at) - at);
    };
    EXPECT_NE(id(engine.requests()[1]), id(engine.requests()[2]));  // vLLM refuses duplicates
    EXPECT_TRUE(bench.failures.empty());
}

TEST_F(ForwardTest, AFreshConnectionThatDiesIsNotTriedAgain) {
    Engine& engine = bench.add_engine();
    bench.add_engine().answer_with(k_ok);
    engine.answer_with([&](const std::string&) {
        engine[0].close();
        return std::string{};
    });
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "upstream_closed"));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 502"));
    EXPECT_TRUE(bench.engine(1).requests().empty());
}

TEST_F(ForwardTest, AnswersAtOnceWhenNobodyIsHealthy) {
    bench.add_engine();
    bench.states[0].health = fleet::Health::unhealthy;
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "no_healthy_backend"));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 503"));
    EXPECT_TRUE(client.got("Retry-After: "));
}

TEST_F(ForwardTest, AnswersTooManyWhenAllAreAtTheirLimit) {
    Engine& engine = bench.add_engine();
    bench.pool.backends[0].max_in_flight = 1;
    Peer& first = bench.connect();
    Peer& second = bench.connect();
    first.send(chat());
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));

    second.send(chat());

    ASSERT_TRUE(bench.until_got(second, "too_many_requests"));
    EXPECT_TRUE(second.got().starts_with("HTTP/1.1 429"));
    EXPECT_EQ(bench.in_flight(0), 1U);
}

TEST_F(ForwardTest, WaitsForTheFirstByteNoLongerThanAllowed) {
    bench.route.timeouts.first_byte = Millis{30};
    bench.add_engine();
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "first_byte_timeout"));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 504"));
    EXPECT_TRUE(bench.until([&] { return bench.engine(0)[0].gone(); }));
}

TEST_F(ForwardTest, AHeadThatDripsDoesNotStretchTheTimeToTheFirstByte) {
    bench.route.timeouts.first_byte = Millis{60};
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    client.send(chat());
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    engine[0].send("HTTP/1.1 200 OK\r\nX: ");

    ASSERT_TRUE(bench.until([&] {
        engine[0].send("x");
        return client.got("first_byte_timeout");
    }));
}

TEST_F(ForwardTest, TheTotalTimeCountsBeforeTheFirstByteToo) {
    bench.route.timeouts.total = Millis{30};
    bench.add_engine();
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "total_timeout"));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 504"));
}

TEST_F(ForwardTest, TheTotalTimeCountsWhileTheBodyIsReadToo) {
    bench.route.timeouts.total = Millis{30};
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();

    client.send(chat().substr(0, chat().size() - 1));

    ASSERT_TRUE(bench.until_got(client, "body_timeout"));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 408"));
    EXPECT_TRUE(engine.requests().empty());
}

TEST_F(ForwardTest, ABodyMayTakeWhatTheLongestOfThePossibleRoutesAllows) {
    bench.generation.routes.push_back(
        {.name = "m", .pools = {0}, .models = {"m"}, .timeouts = {.total = Millis{1}}});
    bench.generation.routes.push_back({.name = "rest", .pools = {0}});
    bench.add_engine().answer_with(k_ok);
    Peer& client = bench.connect();
    std::string request = post(k_chat_path, R"({"model":"n"})");
    bench.states[0].models = {"n"};
    bench.publish();
    client.send(request.substr(0, request.size() - 1));
    bench.turn(5);

    client.send(request.substr(request.size() - 1));

    ASSERT_TRUE(bench.until_got(client, "completion_tokens"));
}

TEST_F(ForwardTest, AMalformedHeadIsABadGateway) {
    bench.add_engine().answer_with("HTTP/1.1 abc\r\n\r\n");
    Peer& client = bench.connect();

    client.send(chat());

    ASSERT_TRUE(bench.until_got(client, "upstream_bad_response"));
}

TEST_F(ForwardTest, AClientThatGoesWhileItWaitsForTheFirstByteEndsAllOfIt) {
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    client.send(chat());
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));

    client.close();

    ASSERT_TRUE(bench.until([&] { return engine[0].gone(); }));
    EXPECT_EQ(bench.in_flight(0), 0U);
    EXPECT_EQ(bench.budget.used(), 0U);
    const std::string line = bench.access_lines();
    EXPECT_NE(line.find(R"("status":499)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("outcome":"client_gone")"), std::string::npos) << line;
}

TEST_F(ForwardTest, AClientThatGoesWhileItsBodyComesLeavesNothing) {
    bench.add_engine();
    Peer& client = bench.connect();
    client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{");
    ASSERT_TRUE(bench.until([&] { return bench.budget.used() > 0; }));

    client.close();

    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(bench.budget.used(), 0U);
    EXPECT_NE(bench.access_lines().find(R"("outcome":"client_gone")"), std::string::npos);
}

// --- The prefix index.

std::string long_chat(char letter = 'x') {
    return R"({"model":"m","messages":[{"role":"user","content":")" + std::string(4096, letter) +
           R"("}]})";
}

class ForwardIndexTest : public ForwardTest {
protected:
    ForwardIndexTest() { bench.pool.balance.policy = routing::PolicyName::prefix_load; }
    [[nodiscard]] std::size_t indexed(fleet::Slot slot) const {
        return bench.index.size(slot).blocks;
    }
};

TEST_F(ForwardIndexTest, BelievesFromTheSendingOnAndKeepsItOnSuccess) {
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    client.send(post(k_chat_path, long_chat()));
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    EXPECT_GE(indexed(0), 4U);

    engine[0].send(k_ok);

    ASSERT_TRUE(bench.until_quiet());
    EXPECT_GE(indexed(0), 4U);
}

TEST_F(ForwardIndexTest, ForgetsWhatTheEngineMustHaveEvictedByWhatItFound) {
    const auto told = [](std::string_view cached) {
        const std::string usage = R"({"usage":{"prompt_tokens":1000,"completion_tokens":1,)"
                                  R"("prompt_tokens_details":{"cached_tokens":)" +
                                  std::string{cached} + "}}}";
        return answer(200, usage, "Content-Type: application/json\r\n");
    };
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    const auto ask = [&](char letter, std::string_view cached) {
        engine.answer_with(told(cached));
        client.send(post(k_chat_path, long_chat(letter)));
        EXPECT_TRUE(bench.until([&] { return client.got("usage"); }));
        EXPECT_TRUE(bench.until_quiet());
        client.forget_got();
    };
    ask('a', "0");
    ask('b', "0");
    const std::size_t both = indexed(0);

    ask('b', "990");
    EXPECT_EQ(indexed(0), both);
    ask('b', "0");

    EXPECT_EQ(indexed(0), both / 2);
}

TEST_F(ForwardIndexTest, TakesTheBeliefBackWhenTheClientGoesBeforeTheFirstByte) {
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    client.send(post(k_chat_path, long_chat()));
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));

    client.close();

    ASSERT_TRUE(bench.until([&] { return engine[0].gone(); }));
    EXPECT_EQ(indexed(0), 0U);
}

TEST_F(ForwardIndexTest, TakesTheBeliefBackWhenTheEngineRefuses) {
    Engine& engine = bench.add_engine();
    engine.answer_with(answer(400, "too long for me"));
    Peer& client = bench.connect();

    client.send(post(k_chat_path, long_chat()));

    ASSERT_TRUE(bench.until_got(client, "too long for me"));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(indexed(0), 0U);
}

TEST_F(ForwardIndexTest, TakesTheBeliefBackFromAnEngineThatWasLoading) {
    bench.add_engine().answer_with(answer(503, "loading"));
    bench.add_engine().answer_with(answer(503, "loading"));
    Peer& client = bench.connect();

    client.send(post(k_chat_path, long_chat()));

    ASSERT_TRUE(bench.until_got(client, "loading"));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(indexed(0), 0U);
    EXPECT_EQ(indexed(1), 0U);
}

}  // namespace
}  // namespace penstock::proxy
