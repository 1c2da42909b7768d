// A server's connections with scripted handlers, and a client of nghttp2's.
#include <gtest/gtest.h>

#include "client.h"
#include "penstock/h2/server.h"
#include "scripted_handler.h"
#include "socket_pair.h"

namespace penstock::h2 {
namespace {

using penstock::test::echo;
using penstock::test::run_until;
using penstock::test::ScriptedHandler;
using penstock::test::Witness;
using test::Client;

struct Serving {
    explicit Serving(ScriptedHandler::Script script, const ServerLimits& limits = {},
                     const http::ServerOptions& options = {}, std::uint32_t window = 65'535,
                     int buffer = 0) {
        handler.script = script;
        connections.configure(options, limits);
        penstock::test::SocketPair pair = penstock::test::socket_pair(buffer);
        client = std::make_unique<Client>(std::move(pair.peer), window);
        connections.serve(net::Transport{loop, pair.ours}, {});
    }
    template <class Condition>
    [[nodiscard]] bool until(Condition condition) {
        return run_until(loop, [&] {
            open = client->turn();
            return condition();
        });
    }
    [[nodiscard]] bool ends(std::int32_t id) {
        return until([&] { return client->answers[id].closed; });
    }
    /// Lets happen what should not.
    void idle() {
        for (int i = 0; i < 5; ++i) {
            open = client->turn();
            penstock::test::turn(loop, 1);
        }
    }

    net::Loop loop;
    ScriptedHandler handler;
    ServerConnections connections{loop, handler, nullptr};
    std::unique_ptr<Client> client;
    bool open = true;
};

/// As many bytes of a body as the path says, as fast as the client takes them.
Task<void> stream_many(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    const std::string piece(1'000, 'x');
    const std::string_view view = piece;
    const int count = std::stoi(stream.head().target.substr(1));
    for (int i = 0; i < count; ++i) {
        const http::Flow flow = stream.write({}, {&view, 1});
        if (flow == http::Flow::failed) {
            self.failure = stream.failure();
            break;
        }
        if (flow == http::Flow::blocked) co_await http::writable(stream);
    }
    stream.finish({});
    ++self.ended;
}

Task<void> with_trailers(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    head.fields.append("Connection", "x-hop");
    head.fields.append("X-Kept", "1");
    stream.respond(head);
    const std::string_view piece = "body";
    stream.write({}, {&piece, 1});
    http::Fields trailers;
    trailers.append("grpc-status", "0");
    stream.finish(trailers);
    ++self.ended;
    co_return;
}

Task<void> break_off(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    const std::string_view piece = "half";
    stream.write({}, {&piece, 1});
    stream.break_off("last words");
    ++self.ended;
    co_return;
}

/// One field of as many bytes as the path says.
Task<void> with_large_head(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    const std::size_t size = std::stoul(stream.head().target.substr(1));
    for (std::size_t left = size; left > 0; left -= std::min<std::size_t>(left, 20'000))
        head.fields.append("x", std::string(std::min<std::size_t>(left, 20'000), 'v'));
    stream.respond(head);
    const std::string_view piece = "body";
    if (stream.write({}, {&piece, 1}) == http::Flow::failed) self.failure = stream.failure();
    stream.finish({});
    ++self.ended;
    co_return;
}

Task<void> throwing(ScriptedHandler& self, http::ServerStream& /*stream*/) {
    const Witness witness{self};
    throw std::runtime_error{"a bug"};
    co_return;
}

TEST(Http2Server, AnswersSeveralRequestsOfOneConnection) {
    Serving serving{echo};
    Client::Upload upload{"hello"};
    const std::int32_t first = serving.client->ask("/one");
    const std::int32_t second = serving.client->ask("/two", &upload);
    ASSERT_TRUE(serving.ends(first));
    ASSERT_TRUE(serving.ends(second));
    EXPECT_EQ(serving.client->answers[first].status, "200");
    EXPECT_EQ(serving.client->answers[first].body, "/one:");
    EXPECT_EQ(serving.client->answers[second].body, "/two:hello");
    EXPECT_EQ(serving.client->answers[second].fields["content-length"], "10");
    EXPECT_EQ(serving.connections.busy(), 0U);
    EXPECT_EQ(serving.connections.size(), 1U);
}

TEST(Http2Server, TakesBodiesFarBeyondTheWindow) {
    Serving serving{echo};
    Client::Upload upload{std::string(3'000'000, 'u')};
    serving.client->ask("/", &upload);
    ASSERT_TRUE(serving.until([&] { return serving.handler.bodies.size() == 1; }));
    EXPECT_EQ(serving.handler.bodies[0], std::string(3'000'000, 'u'));
}

TEST(Http2Server, SendsTrailersAndNoFieldsOfAConnection) {
    Serving serving{with_trailers};
    const std::int32_t id = serving.client->ask("/");
    ASSERT_TRUE(serving.ends(id));
    Client::Answer& answer = serving.client->answers[id];
    EXPECT_EQ(answer.body, "body");
    EXPECT_EQ(answer.fields["grpc-status"], "0");
    EXPECT_EQ(answer.fields["x-kept"], "1");
    EXPECT_EQ(answer.fields.count("connection"), 0U);
    EXPECT_EQ(answer.code, 0U);
}

TEST(Http2Server, EndsABrokenResponseWithAReset) {
    Serving serving{break_off};
    const std::int32_t id = serving.client->ask("/");
    ASSERT_TRUE(serving.ends(id));
    EXPECT_EQ(serving.client->answers[id].body, "halflast words");
    EXPECT_FALSE(serving.client->answers[id].ended);
    EXPECT_EQ(serving.client->answers[id].code, NGHTTP2_INTERNAL_ERROR);
}

TEST(Http2Server, SendsHeadsUpToItsLimitAndResetsAStreamWithALongerOne) {
    Serving serving{with_large_head};
    const std::int32_t fits = serving.client->ask("/190000");
    ASSERT_TRUE(serving.ends(fits));
    EXPECT_EQ(serving.client->answers[fits].body, "body");
    EXPECT_FALSE(serving.handler.failure);
    const std::int32_t longer = serving.client->ask("/200000");
    ASSERT_TRUE(serving.ends(longer));
    EXPECT_EQ(serving.client->answers[longer].code, NGHTTP2_INTERNAL_ERROR);
    EXPECT_EQ(serving.handler.failure, ErrorCode::internal);
    const std::int32_t after = serving.client->ask("/1");
    ASSERT_TRUE(serving.ends(after));
    EXPECT_EQ(serving.client->answers[after].body, "body");
}

TEST(Http2Server, SendsNoBodyToHead) {
    Serving serving{echo};
    const std::int32_t id = serving.client->ask("/h", nullptr, "HEAD");
    ASSERT_TRUE(serving.ends(id));
    EXPECT_EQ(serving.client->answers[id].body, "");
    EXPECT_EQ(serving.client->answers[id].fields["content-length"], "3");
    EXPECT_EQ(serving.client->answers[id].frames, "");
}

TEST(Http2Server, CancelsTheHandlerOfAStreamThatItsClientResets) {
    Serving serving{penstock::test::hang};
    const std::int32_t first = serving.client->ask("/one");
    serving.client->ask("/two");
    ASSERT_TRUE(serving.until([&] { return serving.handler.begun == 2; }));
    serving.client->reset(first);
    ASSERT_TRUE(serving.until([&] { return serving.handler.destroyed == 1; }));
    EXPECT_EQ(serving.connections.busy(), 1U);
    EXPECT_EQ(serving.handler.ended, 0);
}

TEST(Http2Server, CancelsAllHandlersWhenTheClientIsGone) {
    Serving serving{penstock::test::hang};
    for (int i = 0; i < 5; ++i) serving.client->ask("/");
    ASSERT_TRUE(serving.until([&] { return serving.handler.begun == 5; }));
    serving.client.reset();
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.destroyed == 5; }));
    EXPECT_EQ(serving.connections.size(), 0U);
}

ServerLimits with_few_resets() {
    ServerLimits limits;
    limits.resets_burst = 1;
    limits.resets_per_second = 1;
    return limits;
}

TEST(Http2Server, CancelsAllHandlersOfAClientThatIsRefused) {
    Serving serving{penstock::test::hang, with_few_resets()};
    for (int i = 0; i < 6; ++i) serving.client->ask("/");
    ASSERT_TRUE(serving.until([&] { return serving.handler.begun == 6; }));

    for (const std::int32_t id : {1, 3, 5, 7}) serving.client->reset(id);

    ASSERT_TRUE(serving.until([&] { return serving.client->goaways == 1; }));
    EXPECT_EQ(serving.client->goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_EQ(serving.handler.destroyed, 6);
    EXPECT_EQ(serving.connections.busy(), 0U);
}

TEST(Http2Server, EndsHalfSentAnswersOfAClientThatIsRefused) {
    Serving serving{stream_many, with_few_resets()};
    for (int i = 0; i < 6; ++i) serving.client->ask("/200");
    ASSERT_TRUE(serving.until([&] { return !serving.client->answers[1].body.empty(); }));
    ASSERT_EQ(serving.handler.begun, 6);

    for (auto& [id, answer] : serving.client->answers) serving.client->take(id, answer.body.size());
    for (const std::int32_t id : {1, 3, 5, 7}) serving.client->reset(id);

    ASSERT_TRUE(serving.until([&] { return serving.client->goaways == 1; }));
    EXPECT_EQ(serving.handler.destroyed, 6);
    EXPECT_EQ(serving.handler.ended, 0);
}

// The client takes nothing of one stream, and the other goes on.
TEST(Http2Server, HoldsBackOnlyTheStreamThatIsNotRead) {
    Serving serving{stream_many};
    const std::int32_t slow = serving.client->ask("/200");
    ASSERT_TRUE(serving.until([&] { return serving.client->answers[slow].body.size() == 65'535; }));
    EXPECT_EQ(serving.handler.ended, 0);
    const std::int32_t quick = serving.client->ask("/10");
    // The connection's window is shared: what came for the slow one is given back to it alone.
    ASSERT_TRUE(serving.until([&] {
        serving.client->take(quick, serving.client->answers[quick].body.size());
        return serving.handler.ended == 1;
    }));
    EXPECT_EQ(serving.connections.busy(), 2U);
}

TEST(Http2Server, AnswersAnExceptionWithA500) {
    Serving serving{throwing};
    const std::int32_t id = serving.client->ask("/");
    ASSERT_TRUE(serving.ends(id));
    EXPECT_EQ(serving.client->answers[id].status, "500");
    EXPECT_TRUE(serving.open);
}

TEST(Http2Server, AnswersBeforeTheRequestHasEnded) {
    Serving serving{penstock::test::answer_early};
    Client::Upload upload{"some", false};
    const std::int32_t id = serving.client->ask("/", &upload);
    ASSERT_TRUE(serving.ends(id));
    EXPECT_EQ(serving.client->answers[id].status, "413");
    EXPECT_TRUE(serving.client->answers[id].ended);
    EXPECT_EQ(serving.client->answers[id].code, NGHTTP2_NO_ERROR);
}

TEST(Http2Server, EndsAStreamWhoseBodyStandsStill) {
    http::ServerOptions options;
    options.body_idle_timeout = Millis{1};
    Serving serving{echo, {}, options};
    Client::Upload upload{"some", false};
    serving.client->ask("/", &upload);
    ASSERT_TRUE(serving.until([&] { return serving.handler.failure.has_value(); }));
    EXPECT_EQ(*serving.handler.failure, ErrorCode::body_timeout);
}

TEST(Http2Server, EndsAStreamWhoseClientTakesNothing) {
    http::ServerOptions options;
    options.write_stall_timeout = Millis{1};
    Serving serving{stream_many, {}, options};
    const std::int32_t id = serving.client->ask("/500");
    ASSERT_TRUE(serving.ends(id));
    EXPECT_EQ(serving.client->answers[id].code, NGHTTP2_CANCEL);
    EXPECT_EQ(serving.handler.failure, ErrorCode::client_write_stall);
    EXPECT_TRUE(serving.open);
}

TEST(Http2Server, ClosesAnIdleConnectionWithAGoaway) {
    http::ServerOptions options;
    options.keep_alive_timeout = Millis{1};
    Serving serving{echo, {}, options};
    const std::int32_t id = serving.client->ask("/");
    ASSERT_TRUE(serving.ends(id));
    ASSERT_TRUE(serving.until([&] { return !serving.open; }));
    EXPECT_EQ(serving.client->goaways, 1);
    EXPECT_EQ(serving.client->goaway_code, NGHTTP2_NO_ERROR);
}

TEST(Http2Server, DrainsAfterTheLastStream) {
    Serving serving{stream_many};
    const std::int32_t id = serving.client->ask("/100");
    ASSERT_TRUE(serving.until([&] { return !serving.client->answers[id].body.empty(); }));
    serving.connections.drain();
    ASSERT_TRUE(serving.until([&] { return serving.client->goaways == 2; }));
    EXPECT_EQ(serving.connections.size(), 1U);
    std::size_t taken = 0;
    ASSERT_TRUE(serving.until([&] {
        const std::size_t come = serving.client->answers[id].body.size();
        serving.client->take(id, come - taken);
        taken = come;
        return !serving.open;
    }));
    EXPECT_EQ(serving.client->answers[id].body.size(), 100'000U);
    EXPECT_TRUE(serving.client->answers[id].ended);
}

TEST(Http2Server, CarriesAThousandStreamsOverATinySocket) {
    ServerLimits limits;
    limits.max_streams = 1'000;
    Serving serving{stream_many, limits, {}, 65'535, 4'096};
    for (int i = 0; i < 1'000; ++i) serving.client->ask("/3");
    std::map<std::int32_t, std::size_t> taken;
    ASSERT_TRUE(serving.until([&] {
        std::size_t whole = 0;
        for (auto& [id, answer] : serving.client->answers) {
            serving.client->take(id, answer.body.size() - taken[id]);
            taken[id] = answer.body.size();
            whole += answer.ended && answer.body.size() == 3'000 ? 1U : 0U;
        }
        return whole == 1'000;
    }));
}

TEST(Http2Server, EndsEverythingWhenDestroyed) {
    ScriptedHandler handler;
    handler.script = penstock::test::hang;
    net::Loop loop;
    penstock::test::SocketPair pair = penstock::test::socket_pair();
    Client client{std::move(pair.peer)};
    {
        ServerConnections connections{loop, handler, nullptr};
        connections.serve(net::Transport{loop, pair.ours}, {});
        client.ask("/");
        ASSERT_TRUE(run_until(loop, [&] {
            client.turn();
            return handler.begun == 1;
        }));
    }
    EXPECT_EQ(handler.destroyed, 1);
}

}  // namespace
}  // namespace penstock::h2
