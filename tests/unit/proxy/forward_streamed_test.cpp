// Routes with `body = "stream"`: both directions at the same time.
#include <gtest/gtest.h>

#include "proxy_bench.h"
#include "upload.h"

namespace penstock::proxy {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace): the vocabulary of these dialogues

class ForwardStreamedTest : public testing::Test {
protected:
    ForwardStreamedTest() { bench.route.body = BodyMode::stream; }
    /// A client in the middle of an upload of nine bytes, three of which have reached the engine.
    Peer& upload() {
        Peer& client = bench.connect();
        client.send("POST /v1/audio/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
        EXPECT_TRUE(
            bench.until([&] { return engine.connections() == 1 && engine[0].got("\r\n\r\nabc"); }));
        return client;
    }

    ProxyBench bench;
    Engine& engine = bench.add_engine();
};

TEST_F(ForwardStreamedTest, PassesTheBodyWhileItComes) {
    Peer& client = upload();

    client.send("defghi");

    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    EXPECT_TRUE(engine.requests()[0].ends_with("\r\n\r\nabcdefghi"));
    engine[0].send(answer(200, "done"));
    ASSERT_TRUE(bench.until_got(client, "done"));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(bench.in_flight(0), 0U);
    EXPECT_EQ(bench.counters[0].served.load(), 1U);
}

TEST_F(ForwardStreamedTest, PassesChunksOn) {
    Peer& client = bench.connect();

    client.send("POST /v1/audio/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                chunk("abc"));

    ASSERT_TRUE(
        bench.until([&] { return engine.connections() == 1 && engine[0].got(chunk("abc")); }));
    client.send("0\r\n\r\n");
    EXPECT_TRUE(bench.until([&] { return engine[0].got("0\r\n\r\n"); }));
}

TEST_F(ForwardStreamedTest, KeepsTheFramingWhereTheChosenRouteReadsBodies) {
    bench.route.models = {"other"};  // by the head it is this one; without a model the one behind
    bench.generation.routes = {bench.route, Route{}};
    bench.generation.routes[1].name = "behind";
    bench.generation.routes[1].pools = {0};
    bench.generation.routes[1].max_body = bench.route.max_body;

    upload().send("defghi");

    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    EXPECT_NE(engine.requests()[0].find("Content-Length: 9\r\n"), std::string::npos);
    EXPECT_TRUE(engine.requests()[0].ends_with("\r\n\r\nabcdefghi"));
}

TEST_F(ForwardStreamedTest, AResponseMayComeBeforeTheBodysEnd) {
    Peer& client = upload();

    engine[0].send(answer(413, "enough"));

    ASSERT_TRUE(bench.until_got(client, "enough"));
    EXPECT_TRUE(client.got("Connection: close"));
}

TEST_F(ForwardStreamedTest, AClientThatGoesWhileItUploadsClosesTheEnginesConnection) {
    upload().close();

    ASSERT_TRUE(bench.until([&] { return engine[0].gone(); }));
    EXPECT_FALSE(engine[0].got("abcd"));
    EXPECT_EQ(bench.in_flight(0), 0U);
    EXPECT_TRUE(bench.failures.empty());
    EXPECT_NE(bench.access_lines().find(R"("outcome":"client_gone")"), std::string::npos);
}

TEST_F(ForwardStreamedTest, AClientThatGoesWhileBothDirectionsRunEndsBoth) {
    Peer& client = upload();
    engine[0].send(k_event_stream_head);
    ASSERT_TRUE(bench.until_got(client, "event-stream"));

    client.close();

    ASSERT_TRUE(bench.until([&] { return engine[0].gone(); }));
    EXPECT_EQ(bench.in_flight(0), 0U);
    EXPECT_TRUE(bench.failures.empty());
}

TEST_F(ForwardStreamedTest, AnUploadThatStallsIsTheClientsFault) {
    bench.generation.server.body_idle_timeout = Millis{30};
    Peer& client = upload();

    ASSERT_TRUE(bench.until_got(client, "body_timeout"));
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 408"));
    EXPECT_TRUE(bench.until([&] { return engine[0].gone(); }));
    EXPECT_TRUE(bench.failures.empty());
}

TEST_F(ForwardStreamedTest, ALongUploadIsNoSilenceOfTheEngine) {
    bench.route.timeouts.first_byte = Millis{100};
    Peer& client = bench.connect();
    client.send("POST /v1/audio/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const TimePoint begin = bench.loop.now();

    ASSERT_TRUE(bench.until([&] {
        client.send(chunk("x"));
        return bench.loop.now() - begin > Millis{400};
    }));

    EXPECT_EQ(client.got(), "");
    EXPECT_TRUE(bench.until_got(client, "first_byte_timeout"));  // now that nothing moves
}

TEST_F(ForwardStreamedTest, TooLongABodyIsRefusedByItsLengthOrWhenItHasCome) {
    bench.route.max_body = 4;
    Peer& declared = bench.connect();
    Peer& chunked = bench.connect();

    declared.send(post("/v1/audio/x", "12345"));
    chunked.send("POST /v1/audio/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 chunk("1234") + chunk("5"));

    EXPECT_TRUE(bench.until_got(declared, "HTTP/1.1 413"));
    EXPECT_TRUE(bench.until_got(chunked, "HTTP/1.1 413"));
}

TEST_F(ForwardStreamedTest, TriesTheNextBackendWhenConnectingIsRefused) {
    engine.refuse();
    bench.add_engine().answer_with(answer(200, "done"));
    Peer& client = bench.connect();

    client.send(post("/v1/audio/x", "12345"));

    ASSERT_TRUE(bench.until_got(client, "done"));
    EXPECT_EQ(bench.failures.size(), 1U);
}

// That what is kept goes up again is shown where streams are refused: by black-box cases of HTTP/2.
TEST_F(ForwardStreamedTest, KeepsWhatHasComeUntilTheEngineAnswers) {
    Peer& client = upload();
    EXPECT_EQ(bench.budget.used(), Upload::k_step);

    engine[0].send(k_event_stream_head);

    ASSERT_TRUE(bench.until_got(client, "event-stream"));
    EXPECT_EQ(bench.budget.used(), 0U);
}

TEST_F(ForwardStreamedTest, KeepsNothingBeyondWhatItMay) {
    for (const std::size_t more : {0U, 1U}) {
        Peer& client = bench.connect();
        const std::size_t number = engine.connections();
        const std::string body(Upload::k_kept_max + more, 'x');
        client.send("POST /v1/audio/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                    body);

        ASSERT_TRUE(
            bench.until([&] { return engine.connections() > number && engine[number].got(body); }));
        EXPECT_EQ(bench.budget.used(), more == 0 ? Upload::k_kept_max : 0);
        client.close();
        ASSERT_TRUE(bench.until_quiet());
    }
}

TEST_F(ForwardStreamedTest, PassesThoughTheBudgetForKeepingIsSpent) {
    bench.budget.set_limit(Upload::k_step - 1);
    Peer& client = upload();
    EXPECT_EQ(bench.budget.used(), 0U);

    client.send("defghi");

    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    engine[0].send(answer(200, "done"));
    EXPECT_TRUE(bench.until_got(client, "done"));
}

TEST_F(ForwardStreamedTest, ARequestWithoutABodyPassesToo) {
    engine.answer_with(answer(200, "done"));
    Peer& client = bench.connect();

    client.send(get_text("/v1/audio/x"));

    ASSERT_TRUE(bench.until_got(client, "done"));
}

}  // namespace
}  // namespace penstock::proxy
