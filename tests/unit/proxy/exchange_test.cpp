// What an exchange holds, and for how long.
#include "exchange.h"

#include <string>

#include <gtest/gtest.h>

#include "fake_server_stream.h"
#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

TEST(Exchange, ADroppedBodyGivesBackItsMemoryAndItsShare) {
    support::ProxyBench bench;
    bench.publish();
    support::FakeServerStream client{support::get("/")};
    Exchange exchange{*bench.worker, client};
    exchange.body.assign(100'000, 'x');
    ASSERT_TRUE(exchange.share.grow_to(100'000));

    exchange.drop_body();

    EXPECT_LE(exchange.body.capacity(), std::string{}.capacity());
    EXPECT_EQ(bench.budget.used(), 0U);
    exchange.ended(telemetry::Outcome::ok);
}

}  // namespace
}  // namespace penstock::proxy
