#include "penstock/control/client.h"

#include <optional>

#include <gtest/gtest.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "penstock/control/spawn.h"
#include "scripted_server.h"

namespace penstock::control {
namespace {

namespace asio = boost::asio;
using test::answer;
using test::Reply;
using test::ScriptedServer;
using Request = ScriptedServer::Request;
using Outcome = std::optional<Result<Answer>>;

asio::awaitable<void> ask_into(Client* client, Ask ask, Outcome* outcome) {
    *outcome = co_await client->ask(std::move(ask));
}

class ClientTest : public testing::Test {
protected:
    Endpoint endpoint() const {
        return {.host = "127.0.0.1", .port = server.port(), .authority = "engine"};
    }
    void play(ScriptedServer::Script script) { server.set_script(std::move(script)); }
    Result<Answer> ask(Client& client, Ask ask = {}) {
        Outcome outcome;
        spawn(io, ask_into(&client, std::move(ask), &outcome));
        EXPECT_TRUE(test::run_until(io, [&outcome] { return outcome.has_value(); }));
        return outcome.value_or(Error{});
    }
    /// Asks once and expects an answer; the connection is kept then.
    void warm(Client& client) { ASSERT_TRUE(ask(client).has_value()); }

    asio::io_context io;
    ScriptedServer server{io, [](const Request&) { return answer(200, "fine"); }};
};

TEST_F(ClientTest, GivesStatusTypeAndBody) {
    play([](const Request&) { return answer(503, "loading", "Content-Type: text/plain\r\n"); });
    Client client{io, endpoint()};

    const auto got = ask(client, {.target = "/health"});

    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 503);
    EXPECT_EQ(got->content_type, "text/plain");
    EXPECT_EQ(got->body, "loading");
    EXPECT_EQ(server.requests().front().what(), "GET /health");
}

TEST_F(ClientTest, SendsTheBodyOfAPost) {
    Client client{io, endpoint()};

    ASSERT_TRUE(ask(client, {.method = Method::post, .target = "/hook", .body = "{}"}).has_value());

    EXPECT_EQ(server.requests().front().what(), "POST /hook");
    EXPECT_EQ(server.requests().front().body, "{}");
}

TEST_F(ClientTest, ReadsAChunkedAnswer) {
    play([](const Request&) {
        return Reply{
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"};
    });
    Client client{io, endpoint()};

    const auto got = ask(client);

    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->body, "abcde");
}

TEST_F(ClientTest, ReadsAnAnswerThatEndsWithItsConnection) {
    play([](const Request&) { return Reply{"HTTP/1.1 200 OK\r\n\r\nto the end", true}; });
    Client client{io, endpoint()};

    const auto got = ask(client);

    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->body, "to the end");
}

TEST_F(ClientTest, KeepsItsConnection) {
    Client client{io, endpoint()};

    warm(client);
    warm(client);

    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(ClientTest, ConnectsAnewWhenTheKeptConnectionWasClosed) {
    Client client{io, endpoint()};
    warm(client);
    server.drop_connections();

    EXPECT_TRUE(ask(client).has_value());
    EXPECT_EQ(server.connections(), 2U);
}

TEST_F(ClientTest, RepeatsAGetWhenTheKeptConnectionDiesUnderIt) {
    Client client{io, endpoint()};
    warm(client);
    play([](const Request& request) {
        return request.connection == 0 ? Reply{"", true} : answer(200, "again");
    });

    const auto got = ask(client);

    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->body, "again");
}

TEST_F(ClientTest, RepeatsAGetOnlyOnce) {
    Client client{io, endpoint()};
    warm(client);
    play([](const Request&) { return Reply{"", true}; });

    const auto got = ask(client);

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code(), ErrorCode::upstream_closed);
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(ClientTest, DoesNotRepeatAPost) {
    Client client{io, endpoint()};
    warm(client);
    play([](const Request&) { return Reply{"", true}; });

    const auto got = ask(client, {.method = Method::post});

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(ClientTest, DoesNotKeepAConnectionWithBytesAfterTheAnswer) {
    play([](const Request&) {
        return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n"};
    });
    Client client{io, endpoint()};

    warm(client);
    warm(client);

    EXPECT_EQ(server.connections(), 2U);
}

TEST_F(ClientTest, DoesNotKeepAConnectionThatTheServerWantsClosed) {
    play([](const Request&) { return answer(200, "", "Connection: close\r\n"); });
    Client client{io, endpoint()};

    warm(client);
    warm(client);

    EXPECT_EQ(server.connections(), 2U);
}

TEST_F(ClientTest, TakesABodyAtTheLimitAndRefusesOneBytePast) {
    play([](const Request&) { return answer(200, "12345678"); });
    Client client{io, endpoint()};

    EXPECT_TRUE(ask(client, {.answer_limit = Bytes{8}}).has_value());
    const auto past = ask(client, {.answer_limit = Bytes{7}});

    ASSERT_FALSE(past.has_value());
    EXPECT_EQ(past.error().code(), ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, RefusesAChunkedBodyPastTheLimit) {
    play([](const Request&) {
        return Reply{
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n"};
    });
    Client client{io, endpoint()};

    EXPECT_TRUE(ask(client, {.answer_limit = Bytes{8}}).has_value());
    EXPECT_FALSE(ask(client, {.answer_limit = Bytes{7}}).has_value());
}

TEST_F(ClientTest, RefusesAnEndlessHead) {
    play([](const Request&) {
        return Reply{"HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n"};
    });
    Client client{io, endpoint()};

    const auto got = ask(client);

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code(), ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, SurvivesAnOversizedTrailer) {
    play([](const Request&) {
        return Reply{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: " +
                         std::string(200'000, 'x') + "\r\n\r\n",
                     true};
    });
    Client client{io, endpoint()};

    EXPECT_FALSE(ask(client).has_value());
}

TEST_F(ClientTest, RefusesWhatIsNoHttp) {
    play([](const Request&) { return Reply{"SSH-2.0-server\r\n\r\n"}; });
    Client client{io, endpoint()};

    const auto got = ask(client);

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code(), ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, RefusesAnInterimAnswer) {
    play([](const Request&) { return Reply{"HTTP/1.1 103 Early Hints\r\n\r\n"}; });
    Client client{io, endpoint()};

    EXPECT_EQ(ask(client).error().code(), ErrorCode::upstream_bad_response);
}

TEST_F(ClientTest, ReportsAnAnswerCutShort) {
    play([](const Request&) {
        return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true};
    });
    Client client{io, endpoint()};

    EXPECT_EQ(ask(client).error().code(), ErrorCode::upstream_closed);
}

TEST_F(ClientTest, GivesUpWhenNoAnswerComesInTime) {
    play([](const Request&) { return Reply{}; });
    Client client{io, endpoint()};

    EXPECT_EQ(ask(client, {.timeout = Millis{30}}).error().code(), ErrorCode::first_byte_timeout);
}

TEST_F(ClientTest, GivesUpWhenTheAnswerDoesNotEndInTime) {
    play([](const Request&) { return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}; });
    Client client{io, endpoint()};

    EXPECT_EQ(ask(client, {.timeout = Millis{200}}).error().code(), ErrorCode::total_timeout);
}

TEST_F(ClientTest, AnswersAgainAfterATimeout) {
    play([](const Request&) { return Reply{}; });
    Client client{io, endpoint()};
    ASSERT_FALSE(ask(client, {.timeout = Millis{30}}).has_value());
    play([](const Request&) { return answer(200, "fine"); });

    EXPECT_TRUE(ask(client).has_value());
}

TEST_F(ClientTest, ReportsARefusedConnection) {
    Client client{io, endpoint()};
    server.stop();

    EXPECT_EQ(ask(client).error().code(), ErrorCode::connect_failed);
}

TEST_F(ClientTest, ReachesAServerByItsName) {
    // Where localhost is ::1 too, that one refuses and the next address is tried.
    Client client{io, {.host = "localhost", .port = server.port(), .authority = "localhost"}};

    EXPECT_TRUE(ask(client).has_value());
}

TEST_F(ClientTest, SpeaksThroughAUnixSocket) {
    using Local = asio::local::stream_protocol;
    const std::string path = testing::TempDir() + "penstock_" + std::to_string(::getpid());
    ::unlink(path.c_str());
    Local::acceptor acceptor{io, Local::endpoint{path}};
    const std::string bytes = answer(200, "local").bytes;
    Local::socket accepted{io};
    acceptor.async_accept(
        accepted, [&accepted, &bytes](const auto&) { asio::write(accepted, asio::buffer(bytes)); });
    Client client{io, {.unix_path = path, .authority = "localhost"}};

    const auto got = ask(client);

    ::unlink(path.c_str());
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->body, "local");
}

TEST_F(ClientTest, ReportsAMissingUnixSocket) {
    Client client{io, {.unix_path = "/nonexistent/socket", .authority = "localhost"}};

    EXPECT_EQ(ask(client).error().code(), ErrorCode::connect_failed);
}

TEST_F(ClientTest, ReportsAUnixPathThatIsTooLong) {
    Client client{io, {.unix_path = "/" + std::string(200, 'x'), .authority = "localhost"}};

    EXPECT_EQ(ask(client).error().code(), ErrorCode::connect_failed);
}

TEST_F(ClientTest, EndsWhatIsUnderWayWhenItIsDestroyed) {
    play([](const Request&) { return Reply{}; });
    auto client = std::make_unique<Client>(io, endpoint());
    Outcome outcome;
    spawn(io, ask_into(client.get(), {}, &outcome));
    ASSERT_TRUE(test::run_until(io, [this] { return !server.requests().empty(); }));

    client.reset();
    ASSERT_TRUE(test::run_until(io, [&outcome] { return outcome.has_value(); }));

    ASSERT_FALSE(outcome->has_value());
    EXPECT_EQ(outcome->error().code(), ErrorCode::shutting_down);
}

TEST_F(ClientTest, RefusesToAskOnceClosed) {
    Client client{io, endpoint()};
    client.close();

    EXPECT_EQ(ask(client).error().code(), ErrorCode::shutting_down);
}

TEST(ClientLife, LeavesNothingBehindWhenItsLoopIsDestroyedFirst) {
    Outcome outcome;
    {
        asio::io_context io;
        ScriptedServer server{io, [](const Request&) { return Reply{}; }};
        Client client{io, {.host = "127.0.0.1", .port = server.port(), .authority = "engine"}};
        spawn(io, ask_into(&client, {}, &outcome));
        ASSERT_TRUE(test::run_until(io, [&server] { return !server.requests().empty(); }));
    }

    EXPECT_FALSE(outcome.has_value());
}

}  // namespace
}  // namespace penstock::control
