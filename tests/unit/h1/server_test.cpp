// Exchanges of a server connection: order, framing, bodies, backpressure.
#include "penstock/h1/server.h"

#include <gtest/gtest.h>

#include "serving.h"

namespace penstock::h1 {
namespace {

using namespace std::string_view_literals;
using test::count_of;
using test::run_until;
using test::ScriptedHandler;
using test::Serving;

constexpr std::string_view k_get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Server, AnswersARequestAndKeepsTheConnection) {
    Serving serving{test::echo};

    serving.client.send(k_get);

    ASSERT_TRUE(serving.receives("\r\n\r\n/a:"));
    EXPECT_TRUE(serving.client.received().starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(serving.client.received().find("Content-Length: 3\r\n"), std::string::npos);
    EXPECT_EQ(serving.client.received().find("Connection:"), std::string::npos);
    serving.client.take();
    serving.client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(serving.receives("/b:"));
    EXPECT_EQ(serving.connections.size(), 1U);
    EXPECT_EQ(serving.connections.busy(), 0U);
}

TEST(Server, TakesAHeadThatComesByteByByte) {
    const std::string request =
        "\r\n\r\nPOST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz";
    Serving serving{test::echo};

    for (const char c : request) {
        serving.client.send({&c, 1});
        test::turn(serving.loop, 2);
    }

    EXPECT_TRUE(serving.receives("/a:xyz"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    std::string requests;
    for (int i = 0; i < 50; ++i) {
        requests +=
            "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";
    }
    Serving serving{test::echo};

    serving.client.send(requests);

    ASSERT_TRUE(serving.receives("/49:hi"));
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
        at = serving.client.received().find("/" + std::to_string(i) + ":hi", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
}

TEST(Server, TakesAPipelinedRequestThatComesDuringAnExchange) {
    Serving serving{test::hang};
    serving.client.send(k_get);
    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.handler.begun == 1; }));

    serving.client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    test::turn(serving.loop);
    EXPECT_EQ(serving.handler.begun, 1);  // one at a time
    http::reply(*serving.handler.last, 200, "text/plain", "late");

    EXPECT_TRUE(serving.receives("late"));
    EXPECT_EQ(serving.handler.destroyed, 0);
}

TEST(Server, ReadsAChunkedBody) {
    Serving serving{test::echo};

    serving.client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    test::turn(serving.loop);
    serving.client.send("3;x=y\r\nabc\r\n2\r");
    test::turn(serving.loop);
    serving.client.send("\nde\r\n0\r\n\r\n");

    EXPECT_TRUE(serving.receives("/a:abcde"));
}

TEST(Server, ReadsABodyOfMoreChunksThanOneLookGives) {
    std::string request = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 1000; ++i) request += "1\r\nx\r\n";
    Serving serving{test::echo};

    serving.client.send(request + "0\r\n\r\n");

    EXPECT_TRUE(serving.receives("/a:" + std::string(1000, 'x')));
}

// A handler that reads one piece a turn, as one does whose upstream takes no more.
Task<void> read_slowly(ScriptedHandler& self, http::ServerStream& stream) {
    std::string body;
    for (;;) {
        co_await http::readable(stream);
        const http::Received received = stream.try_read();
        if (received.state == http::ReadState::end) break;
        if (received.state == http::ReadState::failed) co_return;
        for (const std::string_view piece : received.payload) body += piece;
    }
    http::reply(stream, 200, "text/plain", "read " + std::to_string(body.size()));
    ++self.ended;
}

TEST(Server, WakesAReaderForWhatIsHereAlready) {
    std::string request = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 300; ++i) request += "1\r\nx\r\n";
    Serving serving{read_slowly};

    serving.client.send(request + "0\r\n\r\n");

    EXPECT_TRUE(serving.receives("read 300"));
}

TEST(Server, InvitesTheBodyOnlyWhenItIsRead) {
    Serving serving{test::echo};

    serving.client.send(
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");

    ASSERT_TRUE(serving.receives("HTTP/1.1 100 Continue\r\n\r\n"));
    serving.client.send("hi");
    EXPECT_TRUE(serving.receives("/a:hi"));
}

TEST(Server, InvitesNoBodyThatIsHereAlready) {
    Serving serving{test::echo};

    serving.client.send(
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi");

    ASSERT_TRUE(serving.receives("/a:hi"));
    EXPECT_EQ(serving.client.received().find("100 Continue"), std::string::npos);
}

TEST(Server, InvitesNoBodyThatItRefuses) {
    Serving serving{test::answer_early};

    serving.client.send(
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");

    ASSERT_TRUE(serving.receives("too much"));
    EXPECT_EQ(serving.client.received().find("100 Continue"), std::string::npos);
    EXPECT_NE(serving.client.received().find("Connection: close"), std::string::npos);
}

Task<void> respond_then_read(ScriptedHandler& self, http::ServerStream& stream) {
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    const std::string body = co_await test::read_body(self, stream);
    const std::string_view piece = body;
    stream.write({}, http::Pieces{&piece, 1});
    stream.finish({});
}

TEST(Server, PutsNoInvitationIntoAResponseThatHasBegun) {
    Serving serving{respond_then_read};
    serving.client.send(
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    test::turn(serving.loop);

    serving.client.send("hi");

    ASSERT_TRUE(serving.receives("2\r\nhi\r\n0\r\n\r\n"));
    EXPECT_EQ(serving.client.received().find("100 Continue"), std::string::npos);
}

TEST(Server, AnswersHeadWithALengthAndNoBody) {
    Serving serving{test::echo};

    serving.client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");

    ASSERT_TRUE(serving.receives("/b:"));
    const std::string& received = serving.client.received();
    EXPECT_EQ(count_of(received, "Content-Length: 3\r\n"), 2U);
    EXPECT_EQ(received.find("/a:"), std::string::npos);
}

TEST(Server, ClosesAfterAnHttp10Request) {
    Serving serving{test::echo};

    serving.client.send("GET /a HTTP/1.0\r\n\r\n");

    EXPECT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().ends_with("/a:"));
    EXPECT_NE(serving.client.received().find("Connection: close"), std::string::npos);
}

TEST(Server, KeepsAnHttp10ConnectionWhenAsked) {
    Serving serving{test::echo};

    serving.client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

    ASSERT_TRUE(serving.receives("/a:"));
    EXPECT_NE(serving.client.received().find("Connection: keep-alive"), std::string::npos);
    EXPECT_EQ(serving.connections.size(), 1U);
}

TEST(Server, ClosesWhenAsked) {
    Serving serving{test::echo};

    serving.client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

    EXPECT_TRUE(serving.ends());
    EXPECT_NE(serving.client.received().find("Connection: close"), std::string::npos);
}

TEST(Server, FramesAStreamInChunks) {
    Serving serving{test::stream_three};

    serving.client.send(k_get);

    ASSERT_TRUE(serving.receives("0\r\n\r\n"));
    EXPECT_NE(serving.client.received().find("Transfer-Encoding: chunked"), std::string::npos);
    EXPECT_TRUE(serving.client.received().ends_with(
        "\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"));
}

TEST(Server, FramesAStreamByItsEndForHttp10) {
    Serving serving{test::stream_three};

    serving.client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

    ASSERT_TRUE(serving.ends());
    EXPECT_EQ(serving.client.received().find("chunked"), std::string::npos);
    EXPECT_TRUE(serving.client.received().ends_with("\r\n\r\nonetwothree"));
}

Task<void> write_wire_form(ScriptedHandler&, http::ServerStream& stream) {
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    const std::string_view wire = "003\r\nabc\r\n";
    const std::string_view payload = "abc";
    stream.write({&wire, 1}, {&payload, 1});
    http::Fields trailers;
    trailers.append("X-Sum", "7");
    stream.finish(trailers);
    co_return;
}

TEST(Server, PassesTheWireFormOnWithTrailers) {
    Serving serving{write_wire_form};

    serving.client.send(k_get);

    EXPECT_TRUE(serving.receives("\r\n\r\n003\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n"));
}

TEST(Server, ReFramesForAClientWithoutChunks) {
    Serving serving{write_wire_form};

    serving.client.send("GET /a HTTP/1.0\r\n\r\n");

    ASSERT_TRUE(serving.ends());
    EXPECT_TRUE(serving.client.received().ends_with("\r\n\r\nabc"));
}

Task<void> write_many_pieces(ScriptedHandler&, http::ServerStream& stream) {
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    const std::vector<std::string_view> pieces(1000, "x"sv);
    stream.write({}, pieces);
    stream.finish({});
    co_return;
}

TEST(Server, WritesAnyNumberOfPieces) {
    Serving serving{write_many_pieces};

    serving.client.send(k_get);

    EXPECT_TRUE(serving.receives("\r\n\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n"));
}

Task<void> write_until_blocked(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::until_close;
    stream.respond(head);
    const std::string block(4096, 'x');
    const std::string_view piece = block;
    for (int blocked = 0; blocked < 3;) {
        const http::Flow flow = stream.write({}, {&piece, 1});
        if (flow == http::Flow::failed) {
            self.failure = stream.failure();
            co_return;
        }
        if (flow == http::Flow::open) continue;
        ++blocked;
        self.bodies.push_back("blocked");
        co_await http::writable(stream);
    }
    stream.finish({});
    ++self.ended;
}

TEST(Server, BlocksAWriterUntilTheClientReads) {
    Serving serving{write_until_blocked, {}, 8192};
    serving.client.send("GET /a HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(run_until(serving.loop, [&] { return !serving.handler.bodies.empty(); }));
    test::turn(serving.loop);
    EXPECT_EQ(serving.handler.bodies.size(), 1U);

    ASSERT_TRUE(serving.ends());

    EXPECT_EQ(serving.handler.ended, 1);
    const std::string& received = serving.client.received();
    const std::size_t body = received.size() - received.find("\r\n\r\n") - 4;
    EXPECT_EQ(body % 4096, 0U);
    EXPECT_EQ(count_of(received, std::string(4096, 'x')), body / 4096);
}

TEST(Server, GivesUpAClientThatDoesNotRead) {
    Serving serving{write_until_blocked, {.write_stall_timeout = Millis{60}}, 8192};

    serving.client.send("GET /a HTTP/1.0\r\n\r\n");

    ASSERT_TRUE(run_until(serving.loop, [&] { return serving.connections.size() == 0; }));
    EXPECT_EQ(serving.handler.failure, ErrorCode::client_write_stall);
    EXPECT_EQ(serving.handler.destroyed, 1);
}

}  // namespace
}  // namespace penstock::h1
