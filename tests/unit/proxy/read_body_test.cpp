// Buffering a request's body.
#include <string>

#include <gtest/gtest.h>

#include "fake_server_stream.h"
#include "proxy_bench.h"
#include "steps.h"

namespace penstock::proxy {
namespace {

/// Reads as `read_body` does and notes that it is done.
Task<void> read(Exchange& exchange, bool& done) {
    const std::optional<Error> refusal = co_await read_body(exchange);
    done = !refusal;
}

TEST(ReadBody, LetsOthersTakeATurnInALongUpload) {
    support::ProxyBench bench;
    bench.add_engine();
    bench.publish();
    const std::string body(1000, 'x');
    support::FakeServerStream client{support::request(http::Method::post, "/v1/chat/completions"),
                                     body};
    client.pieces_of(10);
    Exchange exchange{*bench.worker, client};
    exchange.route = &exchange.generation->routes.front();
    bool done = false;
    Task<void> task = read(exchange, done);

    task.start([](void*) {}, nullptr);
    EXPECT_FALSE(done);
    EXPECT_LT(exchange.body.size(), body.size());
    int turns = 1;
    while (client.turn()) ++turns;

    EXPECT_TRUE(done);
    EXPECT_EQ(exchange.body, body);
    EXPECT_EQ(turns, 7);  // of 16 pieces each
    exchange.ended(telemetry::Outcome::ok);
}

}  // namespace
}  // namespace penstock::proxy
