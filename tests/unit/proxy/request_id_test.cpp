#include "request_id.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace penstock::proxy {
namespace {

TEST(RequestId, ValidRequestId_TakesLettersDigitsDotsUnderscoresAndDashes) {
    EXPECT_TRUE(valid_request_id("a"));
    EXPECT_TRUE(valid_request_id("Az09._-"));
    EXPECT_FALSE(valid_request_id(""));
    EXPECT_FALSE(valid_request_id("a b"));
    EXPECT_FALSE(valid_request_id("a/b"));
    EXPECT_FALSE(valid_request_id("\xc3\xa4"));
}

TEST(RequestId, ValidRequestId_TakesAtMost128Bytes) {
    EXPECT_TRUE(valid_request_id(std::string(128, 'x')));
    EXPECT_FALSE(valid_request_id(std::string(129, 'x')));
}

TEST(RequestId, MakeRequestId_IsValidAndNeverTheSame) {
    Rng rng{1};
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string id = make_request_id(rng);

        EXPECT_TRUE(valid_request_id(id));
        EXPECT_TRUE(id.starts_with("req-"));
        EXPECT_EQ(id.size(), 28U);
        EXPECT_TRUE(seen.insert(id).second);
    }
}

TEST(RequestId, UpstreamRequestId_CarriesAttemptAndChance) {
    Rng rng{1};

    std::string first;
    set_upstream_request_id(first, "abc", 2, rng);
    std::string second = "of the request before";
    set_upstream_request_id(second, "abc", 2, rng);

    EXPECT_TRUE(first.starts_with("abc-2-"));
    EXPECT_EQ(first.size(), std::string{"abc-2-"}.size() + 16);
    EXPECT_NE(first, second);
}

}  // namespace
}  // namespace penstock::proxy
