#include "penstock/base/hash.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Hash64, IsXxh3SoThatAllProxiesAgree) {
    // From the reference implementation's own sanity checks: XXH3-64 of nothing, seed 0.
    EXPECT_EQ(hash64(""), 0x2D06800538D394C2ULL);
}

TEST(Hash64, DependsOnTheSeed) {
    EXPECT_NE(hash64("text", 0), hash64("text", 1));
    EXPECT_EQ(hash64("text", 1), hash64("text", 1));
}

TEST(Hash64, DependsOnEveryByte) {
    const std::string text(300, 'x');
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] = 'y';
        EXPECT_NE(hash64(other), hash64(text)) << i;
    }
}

}  // namespace
}  // namespace penstock
