// Writes of what a short read brought: put off to the end of the turn, in order, and never lost.
#include <gtest/gtest.h>

#include "penstock/h1/server.h"
#include "serving.h"

namespace penstock::h1 {
namespace {

using test::run_until;
using test::ScriptedHandler;
using test::Serving;

Serving* serving = nullptr;  // the one of the test that runs; scripts are plain functions

/// As if a short read of an engine's connection had brought `text`.
std::string_view as_read(std::string_view text) {
    const std::span<char> room = serving->loop.read_buffer();
    text.copy(room.data(), text.size());
    serving->loop.note_read(text.size());
    return {room.data(), text.size()};
}

void respond_until_close(http::ServerStream& stream) {
    http::ResponseHead head;
    head.framing = http::Framing::until_close;
    stream.respond(head);
}

http::Flow write_read(http::ServerStream& stream, std::string_view text) {
    const std::string_view piece = as_read(text);
    return stream.write({}, {&piece, 1});
}

/// Notes what the client has within the turn of the write.
Task<void> write_once(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    respond_until_close(stream);
    EXPECT_EQ(write_read(stream, "token"), http::Flow::open);
    serving->client.read();
    self.bodies.push_back(serving->client.received());
    co_await http::writable(stream);  // for ever
}

TEST(ServerDeferral, WritesAShortReadAtTheTurnsEnd) {
    Serving here{write_once};
    serving = &here;

    here.client.send("GET /a HTTP/1.0\r\n\r\n");

    ASSERT_TRUE(here.receives("\r\n\r\ntoken"));
    EXPECT_EQ(here.handler.bodies, std::vector<std::string>{""});
}

Task<void> write_thrice(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    respond_until_close(stream);
    write_read(stream, "one,");
    write_read(stream, "two,");
    const std::string_view elsewhere = "three,";
    stream.write({}, {&elsewhere, 1});
    write_read(stream, "four");
    stream.finish({});
    ++self.ended;
    co_return;
}

TEST(ServerDeferral, KeepsTheOrderOfWrites) {
    Serving here{write_thrice};
    serving = &here;

    here.client.send("GET /a HTTP/1.0\r\n\r\n");

    ASSERT_TRUE(here.ends());
    EXPECT_TRUE(here.client.received().ends_with("\r\n\r\none,two,three,four"));
}

Task<void> break_off(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    write_read(stream, "half");
    stream.break_off({});
    ++self.ended;
    co_return;
}

TEST(ServerDeferral, WritesWhatWaitsBeforeABrokenEnd) {
    Serving here{break_off};
    serving = &here;

    here.client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");

    ASSERT_TRUE(here.ends());
    EXPECT_TRUE(here.client.received().ends_with("\r\n\r\n4\r\nhalf\r\n"));
}

Task<void> answer_counted(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::length;
    head.length = stream.head().target.size();
    stream.respond(head);
    write_read(stream, stream.head().target);
    stream.finish({});
    ++self.ended;
    co_return;
}

TEST(ServerDeferral, WritesWhatWaitsBeforeTheNextAnswer) {
    Serving here{answer_counted};
    serving = &here;

    here.client.send("GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n");

    ASSERT_TRUE(here.receives("\r\n\r\n/two"));
    EXPECT_NE(here.client.received().find("\r\n\r\n/oneHTTP/1.1 200"), std::string::npos);
}

constexpr std::size_t k_block = 4000;

/// Short reads only, until the client's side is full three times.
Task<void> fill(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    respond_until_close(stream);
    std::size_t written = 0;
    for (int blocked = 0; blocked < 3; written += k_block) {
        if (write_read(stream, std::string(k_block, static_cast<char>('a' + blocked))) ==
            http::Flow::open) {
            continue;
        }
        ++blocked;
        co_await http::writable(stream);
    }
    self.bodies.push_back(std::to_string(written));
    stream.finish({});
    ++self.ended;
}

TEST(ServerDeferral, LosesNothingWhenTheClientIsFull) {
    Serving here{fill, {}, 8192};
    serving = &here;
    here.client.send("GET /a HTTP/1.0\r\n\r\n");

    ASSERT_TRUE(here.ends());

    ASSERT_EQ(here.handler.bodies.size(), 1U);
    const std::string& received = here.client.received();
    EXPECT_EQ(std::to_string(received.size() - received.find("\r\n\r\n") - 4),
              here.handler.bodies[0]);
}

Task<void> write_to_one_that_leaves(ScriptedHandler& self, http::ServerStream& stream) {
    const test::Witness witness{self};
    respond_until_close(stream);
    write_read(stream, "token");
    serving->client.close();
    co_await http::writable(stream);
}

TEST(ServerDeferral, EndsWithAClientThatLeavesBeforeTheTurnsEnd) {
    Serving here{write_to_one_that_leaves};
    serving = &here;

    here.client.send("GET /a HTTP/1.0\r\n\r\n");

    ASSERT_TRUE(run_until(here.loop, [&] { return here.connections.size() == 0; }));
    EXPECT_EQ(here.handler.destroyed, 1);
}

}  // namespace
}  // namespace penstock::h1
