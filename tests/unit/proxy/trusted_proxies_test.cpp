#include "penstock/proxy/trusted_proxies.h"

#include <gtest/gtest.h>

namespace penstock::proxy {
namespace {

TrustedProxies trusting(const std::vector<std::string>& networks) {
    Result<TrustedProxies> trusted = TrustedProxies::parse(networks);
    EXPECT_TRUE(trusted.has_value());
    return trusted ? *trusted : TrustedProxies{};
}

TEST(TrustedProxies, Trusts_NobodyByDefault) {
    EXPECT_FALSE(TrustedProxies{}.trusts("127.0.0.1:5"));
    EXPECT_FALSE(TrustedProxies{}.trusts("unix"));
}

TEST(TrustedProxies, Trusts_LooksAtTheNetworksBitsOnly) {
    const TrustedProxies trusted = trusting({"10.1.0.0/15", "fd00::/9"});

    EXPECT_TRUE(trusted.trusts("10.0.0.1:5"));
    EXPECT_TRUE(trusted.trusts("10.1.255.255"));
    EXPECT_FALSE(trusted.trusts("10.2.0.0:5"));
    EXPECT_TRUE(trusted.trusts("[fd7f::1]:5"));
    EXPECT_FALSE(trusted.trusts("[fd80::1]:5"));
    EXPECT_FALSE(trusted.trusts("unix"));
    EXPECT_FALSE(trusted.trusts("nonsense"));
}

TEST(TrustedProxies, Trusts_EverybodyInANetworkOfNoBits) {
    EXPECT_TRUE(trusting({"0.0.0.0/0"}).trusts("203.0.113.9:1"));
    EXPECT_FALSE(trusting({"0.0.0.0/0"}).trusts("[2001:db8::1]:1"));
}

TEST(TrustedProxies, Trusts_AMappedAddressAsTheOneItMeans) {
    EXPECT_TRUE(trusting({"10.0.0.0/8"}).trusts("[::ffff:10.0.0.1]:5"));
    EXPECT_FALSE(trusting({"10.0.0.0/8"}).trusts("[::ffff:11.0.0.1]:5"));
}

TEST(TrustedProxies, Trusts_UnixPeersByName) {
    EXPECT_TRUE(trusting({"unix"}).trusts("unix"));
}

TEST(TrustedProxies, Parse_RefusesWhatIsNoNetwork) {
    for (const char* bad : {"", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/8x", "10.0.0/8",
                            "example.com", "10.0.0.0/-1"}) {
        EXPECT_FALSE(TrustedProxies::parse({bad}).has_value()) << bad;
    }
}

TEST(TrustedProxies, Client_IsThePeerItselfWhenNobodyIsTrusted) {
    EXPECT_EQ(TrustedProxies{}.client("192.0.2.1:9", "1.1.1.1"), "192.0.2.1");
}

TEST(TrustedProxies, Client_IsTheRightmostThatIsNotTrusted) {
    const TrustedProxies trusted = trusting({"10.0.0.0/8"});

    EXPECT_EQ(trusted.client("10.0.0.1:9", "6.6.6.6, 1.1.1.1, 10.0.0.2"), "1.1.1.1");
    EXPECT_EQ(trusted.client("10.0.0.1:9", "1.1.1.1:77"), "1.1.1.1");
    EXPECT_EQ(trusted.client("10.0.0.1:9", "[2001:db8::1]:77"), "2001:db8::1");
    EXPECT_EQ(trusted.client("10.0.0.1:9", "10.0.0.3,10.0.0.2"), "10.0.0.3");
    EXPECT_EQ(trusted.client("10.0.0.1:9", ""), "10.0.0.1");
}

TEST(TrustedProxies, Client_BelievesNoFurtherThanAWordThatIsNoAddress) {
    const TrustedProxies trusted = trusting({"10.0.0.0/8"});

    EXPECT_EQ(trusted.client("10.0.0.1:9", "1.1.1.1, unknown"), "10.0.0.1");
    EXPECT_EQ(trusted.client("10.0.0.1:9", "1.1.1.1, unknown, 10.0.0.2"), "10.0.0.2");
    EXPECT_EQ(trusted.client("10.0.0.1:9", "1.1.1.1,"), "10.0.0.1");
}

TEST(TrustedProxies, HostOf_LeavesOutPortAndBrackets) {
    EXPECT_EQ(host_of("1.2.3.4:5"), "1.2.3.4");
    EXPECT_EQ(host_of("1.2.3.4"), "1.2.3.4");
    EXPECT_EQ(host_of("[::1]:5"), "::1");
    EXPECT_EQ(host_of("::1"), "::1");
    EXPECT_EQ(host_of("unix"), "unix");
}

}  // namespace
}  // namespace penstock::proxy
