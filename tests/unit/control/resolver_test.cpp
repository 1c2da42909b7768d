#include "penstock/control/resolver.h"

#include <optional>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "penstock/control/spawn.h"
#include "scripted_server.h"

namespace penstock::control {
namespace {

namespace asio = boost::asio;
using Addresses = Result<std::vector<asio::ip::address>>;

asio::awaitable<void> look_up(Resolver* resolver, std::string host,
                              std::optional<Addresses>* outcome) {
    *outcome = co_await resolver->resolve(std::move(host), Millis{20'000});
}

TEST(Resolver, TakesALiteralForItsOwnAnswer) {
    asio::io_context io;
    Resolver resolver{io};
    std::optional<Addresses> outcome;

    spawn(io, look_up(&resolver, "::1", &outcome));
    io.run();

    ASSERT_TRUE(outcome && outcome->has_value());
    ASSERT_EQ((**outcome).size(), 1U);
    EXPECT_EQ((**outcome).front().to_string(), "::1");
}

TEST(Resolver, FindsEachAddressOfANameOnce) {
    asio::io_context io;
    Resolver resolver{io};
    std::optional<Addresses> outcome;

    spawn(io, look_up(&resolver, "localhost", &outcome));
    ASSERT_TRUE(test::run_until(io, [&outcome] { return outcome.has_value(); }));

    ASSERT_TRUE(outcome->has_value());
    const auto& found = **outcome;
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
    for (const auto& address : found) EXPECT_TRUE(address.is_loopback());
}

TEST(Resolver, EndsALookupThatIsCancelled) {
    asio::io_context io;
    std::optional<Addresses> outcome;
    {
        Resolver resolver{io};
        spawn(io, look_up(&resolver, "localhost", &outcome));
        io.poll_one();
        resolver.cancel();
        ASSERT_TRUE(test::run_until(io, [&outcome] { return outcome.has_value(); }));
    }

    ASSERT_FALSE(outcome->has_value());
    EXPECT_EQ(outcome->error().code(), ErrorCode::shutting_down);
}

}  // namespace
}  // namespace penstock::control
