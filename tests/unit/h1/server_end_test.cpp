// How a server connection ends: bad requests, clients that go, timeouts, broken responses, drain.
#include <stdexcept>

#include <gtest/gtest.h>

#include "penstock/h1/server.h"
#include "serving.h"

namespace penstock::h1 {
namespace {

using test::run_until;
using test::ScriptedHandler;
using test::Serving;

constexpr std::string_view k_get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(ServerEnd, AnswersAnEarlyRefusalAndClosesThoughTheBodyIsUnread) {
    Serving serving{test::answer_early};

    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome of it");

    ASSERT_TRUE(serving.receives("too much"));
    EXPECT_NE(serving.client.received().find("Connection: close"), std::string::npos);
    serving.client.send("and more");  // lingers, so that this resets nothing
    ASSERT_TRUE(serving.ends());
    EXPECT_FALSE(serving.client.was_reset());
    EXPECT_EQ(serving.handler.begun, 1);
}

TEST(ServerEnd, TakesNoUnreadBodyForARequest) {
    Serving serving{test::answer_early};
    const std::string smuggled{k_get};

    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                        std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);

    ASSERT_TRUE(serving.ends());
    EXPECT_EQ(serving.handler.begun, 1);
}

TEST(ServerEnd, DestroysTheHandlersTaskWhenTheClientGoes) {
    Serving serving{test::hang};
    serving.client.send(k_get);
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.begun == 1; }));
    EXPECT_EQ(serving.connections.busy(), 1U);

    serving.client.close();

    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.destroyed == 1; }));
    EXPECT_EQ(serving.handler.ended, 0);
    EXPECT_EQ(serving.connections.size(), 0U);
    EXPECT_EQ(serving.connections.busy(), 0U);
}

TEST(ServerEnd, DestroysTheHandlersTaskWhenTheClientGoesAfterItsBody) {
    Serving serving{test::hang};
    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.begun == 1; }));
    serving.client.send("hi");
    test::turn(serving.loop);

    serving.client.shut_down_write();

    EXPECT_TRUE(run_until(serving.loop, [&] { return serving.handler.destroyed == 1; }));
}

/// Waits for ever, as an upload does whose engine takes no more.
Task<void> read_nothing(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    co_await http::writable(stream);
    ++self.ended;
}

TEST(ServerEnd, DestroysTheHandlersTaskWhenTheClientGoesAndNobodyReads) {
    Serving serving{read_nothing};
    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome of it");
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.begun == 1; }));
    serving.client.send("and more");
    test::turn(serving.loop);
    EXPECT_EQ(serving.handler.destroyed, 0);

    serving.client.close();

    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.destroyed == 1; }));
    EXPECT_EQ(serving.connections.size(), 0U);
}

TEST(ServerEnd, LetsAHalfClosedClientBeWhereThatIsAllowedAndNobodyReads) {
    Serving serving{read_nothing, {.half_close = true}};
    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.begun == 1; }));

    serving.client.send("body");
    serving.client.shut_down_write();
    test::turn(serving.loop);

    EXPECT_EQ(serving.handler.destroyed, 0);
}

TEST(ServerEnd, TellsAHandlerThatReadsOfAClientThatGoes) {
    Serving serving{test::echo};
    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhi");
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.begun == 1; }));

    serving.client.close();

    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.connections.size() == 0; }));
    EXPECT_EQ(serving.handler.failure, ErrorCode::client_gone);
}

TEST(ServerEnd, ServesAHalfClosedClientWhereThatIsAllowed) {
    Serving serving{test::hang, {.half_close = true}};
    serving.client.send(k_get);
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.begun == 1; }));

    serving.client.shut_down_write();
    test::turn(serving.loop);

    EXPECT_EQ(serving.handler.destroyed, 0);
    EXPECT_EQ(serving.connections.size(), 1U);
}

/// Opens a tunnel, hears the client out, and says one word more.
Task<void> tunnel(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    http::ResponseHead head;
    head.status = 101;
    stream.respond(head);
    stream.flush();
    self.bodies.push_back(co_await test::read_body(self, stream));
    const std::string_view word = "goodbye";
    stream.write({}, {&word, 1});
    stream.finish({});
    ++self.ended;
}

TEST(ServerEnd, TakesTheEndOfWhatAClientSaysInATunnelForThatAlone) {
    Serving serving{tunnel};
    serving.client.send(k_get);
    ASSERT_TRUE(serving.receives("HTTP/1.1 101 "));

    serving.client.send("last words");
    serving.client.shut_down_write();

    ASSERT_TRUE(serving.receives("goodbye"));
    ASSERT_TRUE(serving.ends());
    EXPECT_FALSE(serving.client.was_reset());
    EXPECT_EQ(serving.handler.bodies, std::vector<std::string>{"last words"});
    EXPECT_EQ(serving.handler.failure, std::nullopt);
}

TEST(ServerEnd, EndsQuietlyWhenTheClientClosesBetweenRequests) {
    Serving serving{test::echo};
    serving.client.send(k_get);
    ASSERT_TRUE(serving.receives("/a:"));
    serving.client.take();

    serving.client.shut_down_write();

    ASSERT_TRUE(serving.ends());
    EXPECT_EQ(serving.client.received(), "");
    EXPECT_TRUE(run_until(serving.loop, [&] { return serving.connections.size() == 0; }));
}

struct BadRequest {
    std::string_view bytes;
    std::string_view status;
};

class BadHead : public testing::TestWithParam<BadRequest> {};

TEST_P(BadHead, IsAnsweredAndClosesTheConnection) {
    Serving serving{test::echo};

    serving.client.send(GetParam().bytes);

    ASSERT_TRUE(serving.receives("\"error\""));
    EXPECT_TRUE(serving.client.received().starts_with(GetParam().status));
    EXPECT_NE(serving.client.received().find("Connection: close"), std::string::npos);
    ASSERT_TRUE(serving.ends());
    EXPECT_FALSE(serving.client.was_reset());
    EXPECT_EQ(serving.handler.begun, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadHead,
    testing::Values(
        BadRequest{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        BadRequest{"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 "},
        BadRequest{"GET / HTTP/3.0\r\nHost: h\r\n\r\n", "HTTP/1.1 505 "},
        BadRequest{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                   "HTTP/1.1 501 "},
        BadRequest{"GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n", "HTTP/1.1 417 "}));

TEST(ServerEnd, RefusesAHeadThatIsTooLargeBeforeItIsComplete) {
    Serving serving{test::echo};

    serving.client.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x'));

    ASSERT_TRUE(serving.receives("\"error\""));
    EXPECT_TRUE(serving.client.received().starts_with("HTTP/1.1 431 "));
}

TEST(ServerEnd, TellsTheHandlerOfABadChunk) {
    Serving serving{test::echo};

    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");

    ASSERT_TRUE(serving.ends());
    EXPECT_EQ(serving.handler.failure, ErrorCode::bad_request);
}

TEST(ServerEnd, AnswersAHeadThatTakesTooLong) {
    Serving serving{test::echo, {.head_timeout = Millis{60}}};

    serving.client.send("GET / HT");

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(serving.handler.begun, 0);
}

TEST(ServerEnd, ClosesAnIdleConnectionWithoutAWord) {
    Serving serving{test::echo, {.keep_alive_timeout = Millis{60}}};
    serving.client.send(k_get);
    ASSERT_TRUE(serving.receives("/a:"));
    serving.client.take();

    ASSERT_TRUE(serving.ends());

    EXPECT_EQ(serving.client.received(), "");
}

TEST(ServerEnd, TellsTheHandlerOfABodyThatStalls) {
    Serving serving{test::echo, {.body_idle_timeout = Millis{60}}};

    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhi");

    ASSERT_TRUE(serving.ends());
    EXPECT_EQ(serving.handler.failure, ErrorCode::body_timeout);
}

Task<void> throw_up(ScriptedHandler&, http::ServerStream&) {
    throw std::runtime_error{"a bug"};
    co_return;
}

TEST(ServerEnd, Answers500ForAHandlerThatThrows) {
    Serving serving{throw_up};

    serving.client.send(k_get);

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().starts_with("HTTP/1.1 500 "));
}

Task<void> say_nothing(ScriptedHandler&, http::ServerStream&) {
    co_return;
}

TEST(ServerEnd, Answers500ForAHandlerThatSaysNothing) {
    Serving serving{say_nothing};

    serving.client.send(k_get);

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().starts_with("HTTP/1.1 500 "));
    EXPECT_TRUE(serving.client.received().find("Connection: close") != std::string::npos);
}

Task<void> break_off_midway(ScriptedHandler&, http::ServerStream& stream) {
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    const std::string_view piece = "data: a\n\n";
    stream.write({}, {&piece, 1});
    stream.break_off("data: {\"error\":1}\n\n");
    co_return;
}

TEST(ServerEnd, BreaksAStreamOffWithLastWordsAndWithoutLastChunk) {
    Serving serving{break_off_midway};

    serving.client.send(k_get);

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().ends_with("data: {\"error\":1}\n\n\r\n"));
    EXPECT_EQ(serving.client.received().find("\r\n0\r\n"), std::string::npos);
}

Task<void> break_off_counted(ScriptedHandler&, http::ServerStream& stream) {
    http::ResponseHead head;
    head.framing = http::Framing::length;
    head.length = 100;
    stream.respond(head);
    const std::string_view piece = "some";
    stream.write({}, {&piece, 1});
    stream.break_off("last words");
    co_return;
}

TEST(ServerEnd, PutsNoLastWordsIntoACountedBody) {
    Serving serving{break_off_counted};

    serving.client.send(k_get);

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().ends_with("\r\n\r\nsome"));
}

TEST(ServerEnd, DrainClosesAnIdleConnectionAtOnce) {
    Serving serving{test::echo};
    serving.client.send(k_get);
    ASSERT_TRUE(serving.receives("/a:"));

    serving.connections.drain();

    EXPECT_EQ(serving.connections.size(), 0U);
    EXPECT_TRUE(serving.ends());
}

TEST(ServerEnd, DrainLetsAnExchangeEndAndThenCloses) {
    Serving serving{test::echo};
    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.connections.busy() == 1; }));

    serving.connections.drain();
    serving.client.send("hi");

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().ends_with("/a:hi"));
    EXPECT_NE(serving.client.received().find("Connection: close"), std::string::npos);
}

TEST(ServerEnd, DrainServesARequestWhoseHeadHasBegun) {
    Serving serving{test::echo};
    serving.client.send("GET /a HTTP/1.1\r\n");
    test::turn(serving.loop);

    serving.connections.drain();
    serving.client.send("Host: h\r\n\r\n");

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().ends_with("/a:"));
}

TEST(ServerEnd, EndsEverythingWhenDestroyed) {
    ScriptedHandler handler;
    handler.script = test::hang;
    net::Loop loop;
    penstock::test::SocketPair pair = penstock::test::socket_pair();
    {
        ServerConnections connections{loop, handler, nullptr};
        connections.serve(net::Transport{loop, pair.ours});
        pair.peer.send(k_get);
        ASSERT_TRUE(run_until(loop, [&] { return handler.begun == 1; }));
    }
    test::turn(loop);

    EXPECT_EQ(handler.destroyed, 1);
    pair.peer.read();
    EXPECT_TRUE(pair.peer.ended());
}

}  // namespace
}  // namespace penstock::h1
