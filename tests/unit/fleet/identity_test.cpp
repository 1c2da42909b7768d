#include "penstock/fleet/identity.h"

#include <gtest/gtest.h>

#include "penstock/fleet/load.h"

namespace penstock::fleet {
namespace {

TEST(Address, WritesHostAndPort) {
    EXPECT_EQ((Address{.host = "gpu-1", .port = 8000}.authority()), "gpu-1:8000");
}

TEST(Address, BracketsAV6Literal) {
    EXPECT_EQ((Address{.host = "::1", .port = 8000}.authority()), "[::1]:8000");
}

TEST(Address, CallsAUnixSocketLocalhost) {
    const Address address{.unix_path = "/run/engine.sock"};

    EXPECT_TRUE(address.is_unix());
    EXPECT_EQ(address.authority(), "localhost");
}

TEST(Names, AreThoseOfTheMetrics) {
    EXPECT_EQ(name(Engine::vllm), "vllm");
    EXPECT_EQ(name(Engine::custom), "custom");
    EXPECT_EQ(name(Health::unknown), "unknown");
    EXPECT_EQ(name(Health::loading), "loading");
}

}  // namespace
}  // namespace penstock::fleet
