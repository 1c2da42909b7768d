#include "tls_hello_guard.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

std::string record(std::string_view fragment, char type = 22) {
    const std::size_t size = fragment.size();
    std::string bytes{type, 3, 1, static_cast<char>(size / 256), static_cast<char>(size % 256)};
    return bytes.append(fragment);
}

/// The head of a ClientHello that is `size` bytes long with it.
std::string head(std::size_t size) {
    size -= 4;
    return {1, static_cast<char>(size / 65'536), static_cast<char>(size / 256 % 256),
            static_cast<char>(size % 256)};
}

constexpr std::size_t k_max = TlsHelloGuard::k_message_max;

TEST(TlsHelloGuard, PassesAMessageOfTheGreatestLength) {
    TlsHelloGuard guard;

    EXPECT_TRUE(guard.pass(record(head(k_max) + std::string(k_max - 4, 'x'))));
    EXPECT_TRUE(guard.pass(record(head(k_max))));  // and another
}

TEST(TlsHelloGuard, RefusesALongerOneByItsHead) {
    TlsHelloGuard guard;

    EXPECT_FALSE(guard.pass(record(head(k_max + 1))));
}

TEST(TlsHelloGuard, RefusesItByteByByte) {
    TlsHelloGuard guard;
    const std::string bytes = record(head(131'000));
    for (std::size_t n = 0; n + 1 < bytes.size(); ++n) {
        EXPECT_TRUE(guard.pass(std::string_view{bytes}.substr(n, 1))) << n;
    }

    EXPECT_FALSE(guard.pass(std::string_view{bytes}.substr(bytes.size() - 1)));
}

TEST(TlsHelloGuard, RefusesItCutIntoRecords) {
    TlsHelloGuard guard;
    const std::string bytes = head(131'000);

    EXPECT_TRUE(guard.pass(record(bytes.substr(0, 1)) + record("") + record(bytes.substr(1, 2))));
    EXPECT_FALSE(guard.pass(record(bytes.substr(3))));
}

TEST(TlsHelloGuard, TakesAMessagesOwnBytesForNoHead) {
    TlsHelloGuard guard;
    const std::string inside = head(131'000);

    EXPECT_TRUE(guard.pass(record(head(12) + inside)));
    EXPECT_TRUE(guard.pass(record(inside)));  // the rest of that message
    EXPECT_FALSE(guard.pass(record(inside)));
}

TEST(TlsHelloGuard, RefusesASecondMessageThatIsTooLong) {
    TlsHelloGuard guard;

    EXPECT_TRUE(guard.pass(record(head(8) + "body") + record("\x01", 20)));
    EXPECT_FALSE(guard.pass(record(head(k_max + 1))));
}

TEST(TlsHelloGuard, LeavesOtherRecordsAlone) {
    TlsHelloGuard guard;

    EXPECT_TRUE(guard.pass(record(head(131'000), 23)));
    EXPECT_TRUE(guard.pass("GET /v1/models HTTP/1.1\r\nHost: a.test\r\n\r\n"));
}

}  // namespace
}  // namespace penstock::net
