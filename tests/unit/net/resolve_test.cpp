#include "penstock/net/resolve.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "penstock/net/loop.h"
#include "penstock/net/sha256.h"
#include "socket_pair.h"

namespace penstock::net {
namespace {

TEST(LiteralAddress, ReadsV4AndV6) {
    EXPECT_EQ(literal_address("127.0.0.1", 80).at(0).storage.ss_family, AF_INET);
    EXPECT_EQ(literal_address("::1", 80).at(0).storage.ss_family, AF_INET6);
    EXPECT_TRUE(literal_address("localhost", 80).empty());
    EXPECT_TRUE(literal_address("", 80).empty());
}

TEST(UnixAddress, TakesTheLongestPathAndNotOneByteMore) {
    const std::size_t most = sizeof(sockaddr_un::sun_path) - 1;

    EXPECT_EQ(unix_address(std::string(most, 'x')).size(), 1U);
    EXPECT_TRUE(unix_address(std::string(most + 1, 'x')).empty());
}

using Outcome = Result<std::vector<SocketAddress>>;

TEST(Resolve, FindsALiteral) {
    Loop loop;
    Task<Outcome> task = resolve(loop, "127.0.0.1", 8000, Millis{30'000});

    task.start([](void*) {}, nullptr);
    ASSERT_TRUE(test::run_until(loop, [&] { return task.done(); }));

    const Outcome found = task.take();
    ASSERT_TRUE(found.has_value());
    const auto& address = reinterpret_cast<const sockaddr_in&>(found->at(0).storage);
    EXPECT_EQ(ntohs(address.sin_port), 8000);
}

TEST(Resolve, FailsForWhatCanBeNoName) {
    Loop loop;
    Task<Outcome> task = resolve(loop, "no such name.invalid", 8000, Millis{30'000});

    task.start([](void*) {}, nullptr);
    ASSERT_TRUE(test::run_until(loop, [&] { return task.done(); }));

    const Outcome found = task.take();
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code(), ErrorCode::connect_failed);
}

TEST(Resolve, MayBeAbandoned) {
    Loop loop;
    {
        Task<Outcome> task = resolve(loop, "127.0.0.1", 8000, Millis{30'000});
        task.start([](void*) {}, nullptr);
    }

    test::turn(loop);
}

TEST(Sha256, GivesThePublishedDigestOfAbc) {  // FIPS 180-2, B.1
    const auto digest = sha256("abc");

    EXPECT_EQ(digest[0], 0xBA);
    EXPECT_EQ(digest[1], 0x78);
    EXPECT_EQ(digest[31], 0xAD);
    EXPECT_TRUE(equal_constant_time(digest, sha256("abc")));
    EXPECT_FALSE(equal_constant_time(digest, sha256("abd")));
}

}  // namespace
}  // namespace penstock::net
