// What becomes of a response's bytes on their way, and how streams end.
#include <gtest/gtest.h>

#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace): the vocabulary of these dialogues

constexpr std::string_view k_event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";

class RelayTest : public testing::Test {
protected:
    /// A client whose request has reached the engine.
    Peer& ask(std::string_view request = {}) {
        Peer& client = bench.connect();
        client.send(request.empty() ? chat() : std::string{request});
        EXPECT_TRUE(bench.until([&] { return engine->requests().size() == 1; }));
        return client;
    }
    /// The same, with an event stream begun.
    Peer& stream() {
        Peer& client = ask();
        (*engine)[0].send(k_event_stream_head);
        EXPECT_TRUE(bench.until_got(client, "\r\n\r\n"));
        return client;
    }
    [[nodiscard]] Peer& upstream() const { return (*engine)[0]; }

    ProxyBench bench;
    Engine* engine = &bench.add_engine();
};

TEST_F(RelayTest, PassesEachChunkOnAtOnceAndAsItIs) {
    Peer& client = stream();

    upstream().send(chunk(k_event));

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with(chunk(k_event)); }));
}

TEST_F(RelayTest, SendsTheHeadBeforeTheFirstByteOfTheBody) {
    Peer& client = ask();

    upstream().send(k_event_stream_head);

    ASSERT_TRUE(bench.until_got(client, "text/event-stream"));
}

TEST_F(RelayTest, EndsAStreamWithTheLastChunk) {
    Peer& client = stream();

    upstream().send(chunk(k_event) + chunk("data: [DONE]\n\n") + "0\r\n\r\n");

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with("0\r\n\r\n"); }));
    ASSERT_TRUE(bench.until_quiet());
    const std::string line = bench.access_lines();
    EXPECT_NE(line.find(R"("stream":true)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("output_tokens":1)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("tokens_estimated":true)"), std::string::npos) << line;
}

TEST_F(RelayTest, ManySmallChunksInOneReadAllPassWithoutFurtherInput) {
    Peer& client = stream();
    std::string many;
    for (int i = 0; i < 3000; ++i) many += chunk("x");

    upstream().send(many + "0\r\n\r\n");

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with(many + "0\r\n\r\n"); }));
    EXPECT_FALSE(upstream().gone());
}

TEST_F(RelayTest, ALongBodyEndsWithItsLastByte) {
    Peer& client = ask();
    const std::string body(3U << 20U, 'b');

    upstream().send(answer(200, body));

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with(body); }));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_FALSE(upstream().gone());
}

TEST_F(RelayTest, StopsReadingTheEngineWhileTheClientDoesNotRead) {
    Peer& client = stream();
    client.stop_reading();
    const std::string body(32U << 20U, 'b');

    upstream().send(chunk(body) + "0\r\n\r\n");
    bench.turn(50);
    client.go_on_reading();

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with("b\r\n0\r\n\r\n"); }));
    EXPECT_GT(client.got().size(), body.size());
}

TEST_F(RelayTest, AnEngineThatFailsBetweenChunksLeavesAnErrorEventAndNoLastChunk) {
    Peer& client = stream();
    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, "content"));

    upstream().close();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got("data: {\"error\":"));
    EXPECT_TRUE(client.got("upstream_closed"));
    EXPECT_FALSE(client.got("\r\n0\r\n"));
    EXPECT_NE(bench.access_lines().find(R"("outcome":"broken")"), std::string::npos);
    EXPECT_EQ(bench.in_flight(0), 0U);
}

TEST_F(RelayTest, AHalfSentEventIsClosedBeforeTheErrorEvent) {
    Peer& client = stream();
    upstream().send(chunk("data: {\"cho"));
    ASSERT_TRUE(bench.until_got(client, "cho"));

    upstream().close();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got("\n\ndata: {\"error\":"));
}

TEST_F(RelayTest, AnEngineThatFailsInsideAChunkJustCloses) {
    Peer& client = stream();
    upstream().send("20\r\ndata: x");
    ASSERT_TRUE(bench.until_got(client, "data: x"));

    upstream().close();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got().ends_with("20\r\ndata: x"));
}

TEST_F(RelayTest, AnEngineThatFailsUnderContentLengthJustCloses) {
    Peer& client = ask();
    upstream().send(answer(200, "12345").substr(0, answer(200, "12345").size() - 2));
    ASSERT_TRUE(bench.until_got(client, "123"));

    upstream().close();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got().ends_with("\r\n\r\n123"));
}

TEST_F(RelayTest, NothingIsTriedAgainAfterTheFirstByte) {
    Engine& other = bench.add_engine();
    Peer& client = stream();
    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, "content"));

    upstream().abort();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(other.requests().empty());
    EXPECT_EQ(engine->connections(), 1U);
}

TEST_F(RelayTest, AFailureAfterTheFirstByteIsReportedToo) {
    Peer& client = stream();

    upstream().abort();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    ASSERT_EQ(bench.failures.size(), 1U);
    EXPECT_EQ(bench.failures[0].second, ErrorCode::upstream_closed);
}

TEST_F(RelayTest, AnEngineThatFallsSilentIsGivenUp) {
    bench.route.timeouts.idle = Millis{30};
    Peer& client = stream();
    upstream().send(chunk(k_event));

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got("idle_timeout"));
    EXPECT_TRUE(bench.until([&] { return upstream().gone(); }));
}

TEST_F(RelayTest, TheTotalTimeEndsAStreamThatNeverFallsSilent) {
    bench.route.timeouts.total = Millis{300};
    Peer& client = stream();

    ASSERT_TRUE(bench.until([&] {
        upstream().send(chunk(k_event));
        return client.gone();
    }));
    EXPECT_TRUE(client.got("total_timeout"));
}

TEST_F(RelayTest, AnErrorEventIsSentWhereNothingIsObservedToo) {
    bench.route.usage = UsageMode::off;
    Peer& client = stream();
    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, "content"));

    upstream().close();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got("data: {\"error\":"));
}

TEST_F(RelayTest, AnEnginesOwnErrorEventMakesTheOutcome) {
    Peer& client = stream();

    upstream().send(chunk("data: {\"error\":{}}\n\n") + chunk("data: [DONE]\n\n") + "0\r\n\r\n");

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with("0\r\n\r\n"); }));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_NE(bench.access_lines().find(R"("outcome":"engine_error")"), std::string::npos);
}

TEST_F(RelayTest, AClientThatGoesMidStreamClosesTheEnginesConnection) {
    Peer& client = stream();
    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, "content"));

    client.close();

    ASSERT_TRUE(bench.until([&] { return upstream().gone(); }));
    EXPECT_EQ(bench.in_flight(0), 0U);
    const std::string line = bench.access_lines();
    EXPECT_NE(line.find(R"("outcome":"client_gone")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("output_tokens":1)"), std::string::npos) << line;
}

TEST_F(RelayTest, AClientThatGoesWhileItDoesNotReadClosesTheEnginesConnection) {
    Peer& client = stream();
    client.stop_reading();
    upstream().send(chunk(std::string(8U << 20U, 'b')));
    bench.turn(50);

    client.close();

    ASSERT_TRUE(bench.until([&] { return bench.server->busy() == 0; }));
    EXPECT_EQ(bench.in_flight(0), 0U);
    EXPECT_NE(bench.access_lines().find(R"("outcome":"client_gone")"), std::string::npos);
}

TEST_F(RelayTest, AClientThatNeverReadsIsGivenUp) {
    bench.generation.server.write_stall_timeout = Millis{60};
    Peer& client = stream();
    client.stop_reading();

    upstream().send(chunk(std::string(8U << 20U, 'b')));

    ASSERT_TRUE(bench.until_quiet());
    const std::string line = bench.access_lines();
    EXPECT_NE(line.find(R"("error":"client_write_stall")"), std::string::npos) << line;
    EXPECT_TRUE(bench.failures.empty());
}

TEST_F(RelayTest, CountsOpenStreams) {
    Peer& client = stream();
    EXPECT_NE(bench.metrics_text().find("penstock_streams_open 1"), std::string::npos);

    client.close();

    ASSERT_TRUE(bench.until_quiet());
    EXPECT_NE(bench.metrics_text().find("penstock_streams_open 0"), std::string::npos);
}

TEST_F(RelayTest, TheTimeBetweenChunksIsThatOfEventStreams) {
    Peer& client = stream();

    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, chunk(k_event)));
    upstream().send(chunk("data: [DONE]\n\n") + "0\r\n\r\n");

    ASSERT_TRUE(bench.until_quiet());
    EXPECT_NE(bench.metrics_text().find("penstock_inter_token_seconds_count 1"), std::string::npos);
}

TEST_F(RelayTest, WhatAnnouncesAnAnswerIsNoFirstToken) {
    const std::string announced = chunk("event: response.created\ndata: {}\n\n");
    Peer& client = stream();

    upstream().send(chunk(":\n\n") + announced);
    ASSERT_TRUE(bench.until_got(client, announced));
    EXPECT_EQ(bench.counters[0].prompt_tokens_finished.load(), 0U);
    upstream().send(chunk("data: {\"type\":\"response.output_text.delta\"}\n\n"));
    ASSERT_TRUE(bench.until_got(client, "delta"));

    EXPECT_EQ(bench.counters[0].prompt_tokens_finished.load(),
              bench.counters[0].prompt_tokens_started.load());
    EXPECT_EQ(bench.in_flight(0), 1U);
    upstream().send("0\r\n\r\n");
    ASSERT_TRUE(bench.until_quiet());
    // From the announcement to the first token is no time between tokens.
    EXPECT_NE(bench.metrics_text().find("penstock_inter_token_seconds_count 0"), std::string::npos);
    EXPECT_EQ(bench.access_lines().find(R"("ttft_ms":null)"), std::string::npos);
}

TEST_F(RelayTest, AStreamOfAnnouncementsAloneHasNoFirstToken) {
    static_cast<void>(stream());

    upstream().send(chunk("event: ping\ndata: {}\n\n") + "0\r\n\r\n");

    ASSERT_TRUE(bench.until_quiet());
    EXPECT_NE(bench.access_lines().find(R"("ttft_ms":null)"), std::string::npos);
    EXPECT_EQ(bench.counters[0].prompt_tokens_finished.load(),
              bench.counters[0].prompt_tokens_started.load());
}

TEST_F(RelayTest, AnAnswerInOnePieceHoldsItsPromptInTheQueueOnlyAsLongAsThatShouldTake) {
    static_cast<void>(ask(post(k_chat_path, R"({"model":"m","messages":[]})")));
    EXPECT_GT(bench.counters[0].prompt_tokens_started.load(), 0U);

    ASSERT_TRUE(bench.until([&] {
        return bench.counters[0].prompt_tokens_finished.load() ==
               bench.counters[0].prompt_tokens_started.load();
    }));

    EXPECT_EQ(bench.in_flight(0), 1U);
}

TEST_F(RelayTest, AStreamsPromptWaitsUntilItsFirstToken) {
    static_cast<void>(stream());

    bench.turn(20);

    EXPECT_EQ(bench.counters[0].prompt_tokens_finished.load(), 0U);
}

std::string with_usage(const std::string& events) {
    return events + chunk("data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":20}}\n\n") +
           "0\r\n\r\n";
}

TEST_F(RelayTest, WhatAStreamShowsOfItsBackendsPaceIsLearned) {
    Peer& client = stream();
    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, "content"));

    upstream().send(with_usage(chunk(k_event)));

    ASSERT_TRUE(bench.until([&] { return !bench.observed.empty(); }));
    EXPECT_GT(bench.observed[0].first_token_s, 0);
    EXPECT_GT(bench.observed[0].gap_s, 0);
}

TEST_F(RelayTest, TheEnginesWordOfAPromptTakesThePlaceOfTheBelief) {
    Peer& client = stream();
    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, "content"));

    upstream().send(chunk("data: {\"usage\":{\"prompt_tokens\":900,\"completion_tokens\":2,"
                          "\"prompt_tokens_details\":{\"cached_tokens\":200}}}\n\n") +
                    "0\r\n\r\n");

    ASSERT_TRUE(bench.until([&] { return !bench.observed.empty(); }));
    EXPECT_EQ(bench.observed[0].work_tokens, 700);
}

TEST_F(RelayTest, AClientThatDoesNotKeepUpShowsNothingOfTheEnginesPace) {
    Peer& client = stream();
    upstream().send(chunk(k_event));
    ASSERT_TRUE(bench.until_got(client, "content"));
    client.stop_reading();
    upstream().send(with_usage(chunk("data: " + std::string(32U << 20U, 'b') + "\n\n")));
    bench.turn(50);

    client.go_on_reading();

    ASSERT_TRUE(bench.until([&] { return !bench.observed.empty(); }));
    EXPECT_GT(bench.observed[0].first_token_s, 0);
    EXPECT_EQ(bench.observed[0].gap_s, 0);
}

TEST_F(RelayTest, ALongBodyIsNoStreamOfTokens) {
    Peer& client = ask();
    const std::string body(2U << 20U, 'b');
    upstream().send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 1000));
    ASSERT_TRUE(bench.until_got(client, "\r\n\r\nb"));
    EXPECT_NE(bench.metrics_text().find("penstock_streams_open 0"), std::string::npos);

    upstream().send(body.substr(1000));

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with(body); }));
    ASSERT_TRUE(bench.until_quiet());
    const std::string text = bench.metrics_text();
    EXPECT_NE(text.find("penstock_inter_token_seconds_count 0"), std::string::npos);
    EXPECT_NE(text.find("penstock_streams_open 0"), std::string::npos);
}

TEST_F(RelayTest, HeadGetsTheHeadOnlyAndKeepsTheConnection) {
    bench.route.paths = {"/**"};
    Peer& client = ask("HEAD /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");

    upstream().send("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");

    ASSERT_TRUE(bench.until_got(client, "Content-Length: 77\r\n"));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_TRUE(client.got().ends_with("\r\n\r\n"));
    EXPECT_FALSE(client.gone());
    EXPECT_FALSE(upstream().gone());
}

TEST(Relay, AnswersWithoutABodyEndAtTheirHead) {
    for (const std::string_view status : {"204 No Content", "304 Not Modified"}) {
        ProxyBench fresh;
        Engine& other = fresh.add_engine();
        other.answer_with("HTTP/1.1 " + std::string{status} + "\r\nETag: \"x\"\r\n\r\n");
        Peer& client = fresh.connect();

        client.send(chat());

        ASSERT_TRUE(fresh.until_got(client, "\"x\"\r\n")) << status;
        ASSERT_TRUE(fresh.until_quiet());
        EXPECT_TRUE(client.got().ends_with("\r\n\r\n"));
        EXPECT_FALSE(client.got("chunked"));
    }
}

TEST_F(RelayTest, AnOldClientGetsABodyThatEndsWithTheConnection) {
    Peer& client =
        ask("POST /v1/completions HTTP/1.0\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}");

    upstream().send(std::string{k_event_stream_head} + chunk(k_event) + "0\r\n\r\n");

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got().ends_with("\r\n\r\n" + std::string{k_event}));
    EXPECT_FALSE(client.reset());
}

TEST_F(RelayTest, TrailersPassToTheClient) {
    Peer& client = stream();

    upstream().send(chunk(k_event) + "0\r\nX-Checksum: 7\r\n\r\n");

    ASSERT_TRUE(bench.until([&] { return client.got().ends_with("0\r\nX-Checksum: 7\r\n\r\n"); }));
}

TEST_F(RelayTest, PipelinedRequestsAreAnsweredInOrder) {
    engine->answer_with([&](const std::string&) {
        return answer(200, "answer-" + std::to_string(engine->requests().size()));
    });
    Peer& client = bench.connect();

    client.send(chat() + chat());

    ASSERT_TRUE(bench.until_got(client, "answer-2"));
    EXPECT_LT(client.got().find("answer-1"), client.got().find("answer-2"));
}

}  // namespace
}  // namespace penstock::proxy
