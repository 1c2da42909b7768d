#include "usage_filter.h"

#include <string>

#include <gtest/gtest.h>

#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

const std::string k_token = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
const std::string k_usage =
    "data: "
    "{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n";
const std::string k_done = "data: [DONE]\n\n";

std::string filtered(std::string_view text, std::size_t piece) {
    UsageFilter filter;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string_view part = text.substr(at, piece);
        out += filter.pass({&part, 1});
    }
    return out += filter.rest();
}

TEST(UsageFilter, TakesTheUsageOnlyEventOutHoweverTheStreamIsSplit) {
    const std::string text = k_token + k_usage + k_done;
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        EXPECT_EQ(filtered(text, piece), k_token + k_done) << piece;
    }
}

TEST(UsageFilter, UnderstandsCarriageReturns) {
    const std::string crlf = "data: {\"choices\": [ ], \"usage\": {\"a\":1}}\r\n\r\n";
    const std::string cr = "data: {\"choices\":[],\"usage\":{\"a\":1}}\r\r";

    for (const std::size_t piece : {1U, 7U, 1000U}) {
        EXPECT_EQ(filtered("data: a\r\n\r\n" + crlf + "data: b\r\n\r\n", piece).find("usage"),
                  std::string::npos);
        EXPECT_EQ(filtered(cr + "data: b\r\r", piece), "data: b\r\r");
    }
}

TEST(UsageFilter, LeavesEventsThatSayMoreThanUsage) {
    for (const std::string event :
         {"data: {\"choices\":[{\"index\":0}],\"usage\":{\"a\":1}}\n\n",
          "data: {\"choices\":[],\"usage\":null}\n\n", "data: {\"choices\":[]}\n\n",
          "data: {\"usage\":{\"a\":1}}\n\n", "event: ping\n\n", ": comment\n\n",
          "data: {\"choices\":[{\"text\":\"\\\"choices\\\":[],\\\"usage\\\":{\"}]}\n\n"}) {
        EXPECT_EQ(filtered(event, 3), event);
    }
}

TEST(UsageFilter, AWholeEventPassesAtOnce) {
    UsageFilter filter;
    const std::string_view token = k_token;

    EXPECT_EQ(filter.pass({&token, 1}), k_token);
    EXPECT_TRUE(filter.between_events());
}

TEST(UsageFilter, HoldsAHalfComeEventUpToItsBound) {
    UsageFilter filter;
    const std::string most(UsageFilter::k_held_max, 'x');
    std::string_view piece = most;
    EXPECT_EQ(filter.pass({&piece, 1}), "");

    piece = "y";

    EXPECT_EQ(filter.pass({&piece, 1}), most + "y");
    EXPECT_FALSE(filter.between_events());
    piece = "z\n\n";
    EXPECT_EQ(filter.pass({&piece, 1}), "z\n\n");
    EXPECT_TRUE(filter.between_events());
}

TEST(UsageFilter, KeepsALastEventWithoutItsEmptyLine) {
    EXPECT_EQ(filtered(k_token + "data: [DONE]", 5), k_token + "data: [DONE]");
}

// --- The whole way.

using namespace support;  // NOLINT(google-build-using-namespace): the vocabulary of these dialogues

class InjectTest : public testing::Test {
protected:
    InjectTest() { bench.route.usage = UsageMode::inject; }
    /// What the client got after the engine has sent `events` as a whole stream.
    std::string exchange(std::string_view request_body, std::string_view answer_bytes) {
        Peer& client = bench.connect();
        client.send(post(k_chat_path, request_body));
        EXPECT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
        engine[0].send(answer_bytes);
        EXPECT_TRUE(bench.until_quiet());
        EXPECT_TRUE(bench.until_got(client, "\r\n\r\n"));
        return client.got();
    }
    [[nodiscard]] static std::string stream_of(const std::string& events) {
        return std::string{k_event_stream_head} + chunk(events) + "0\r\n\r\n";
    }

    ProxyBench bench;
    Engine& engine = bench.add_engine();
};

TEST_F(InjectTest, AsksForUsageAndTakesItOutAgain) {
    const std::string got = exchange(k_chat, stream_of(k_token + k_usage + k_done));

    EXPECT_NE(engine.requests()[0].find(R"("stream_options":{"include_usage":true})"),
              std::string::npos);
    EXPECT_TRUE(got.ends_with(chunk(k_token + k_done) + "0\r\n\r\n")) << got;
    const std::string line = bench.access_lines();
    EXPECT_NE(line.find(R"("prompt_tokens":7,"output_tokens":3)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("tokens_estimated":false)"), std::string::npos) << line;
}

TEST_F(InjectTest, LeavesUsageThatTheClientAskedFor) {
    const std::string body =
        R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]})";

    const std::string got = exchange(body, stream_of(k_token + k_usage + k_done));

    EXPECT_TRUE(engine.requests()[0].ends_with(body));
    EXPECT_TRUE(got.ends_with(chunk(k_token + k_usage + k_done) + "0\r\n\r\n"));
}

TEST_F(InjectTest, LeavesRequestsThatDoNotStream) {
    const std::string body = R"({"model":"m","messages":[]})";

    const std::string got = exchange(body, answer(200, R"({"choices":[],"usage":{}})"));

    EXPECT_TRUE(engine.requests()[0].ends_with(body));
    EXPECT_TRUE(got.ends_with(R"({"choices":[],"usage":{}})"));
}

TEST_F(InjectTest, LeavesAnErrorDocumentAsItIs) {
    const std::string got =
        exchange(k_chat, answer(400, "{\"error\":1}", "Content-Type: application/json\r\n"));

    EXPECT_TRUE(got.ends_with("Content-Length: 11\r\n\r\n{\"error\":1}") ||
                got.ends_with("{\"error\":1}"));
    EXPECT_TRUE(got.starts_with("HTTP/1.1 400"));
}

TEST_F(InjectTest, AStreamWithALengthBecomesChunked) {
    const std::string got = exchange(
        k_chat, answer(200, k_token + k_usage + k_done, "Content-Type: text/event-stream\r\n"));

    EXPECT_EQ(got.find("Content-Length"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with(chunk(k_token + k_done) + "0\r\n\r\n")) << got;
}

TEST_F(InjectTest, AnEngineThatFailsInsideAnEventStillLeavesAWholeErrorEvent) {
    Peer& client = bench.connect();
    client.send(chat());
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));
    engine[0].send(std::string{k_event_stream_head} + chunk(k_token) + "40\r\ndata: {\"cho");
    ASSERT_TRUE(bench.until_got(client, "content"));

    engine[0].close();

    ASSERT_TRUE(bench.until([&] { return client.gone(); }));
    EXPECT_TRUE(client.got("\r\ndata: {\"error\":")) << client.got();
    EXPECT_FALSE(client.got("cho\"")) << client.got();
}

}  // namespace
}  // namespace penstock::proxy
