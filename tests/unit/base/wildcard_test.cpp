#include "penstock/base/wildcard.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock {
namespace {

TEST(Glob, MatchesItselfOnlyWithoutStars) {
    EXPECT_TRUE(matches_glob("llama", "llama"));
    EXPECT_FALSE(matches_glob("llama", "llama-3"));
    EXPECT_FALSE(matches_glob("llama", "Llama"));
    EXPECT_TRUE(matches_glob("", ""));
    EXPECT_FALSE(matches_glob("", "a"));
}

TEST(Glob, LetsAStarStandForAnyText) {
    EXPECT_TRUE(matches_glob("llama-*", "llama-"));
    EXPECT_TRUE(matches_glob("llama-*", "llama-3/8b"));
    EXPECT_TRUE(matches_glob("*.example.com", "a.b.example.com"));
    EXPECT_FALSE(matches_glob("*.example.com", "example.com"));
    EXPECT_TRUE(matches_glob("a*b*c", "aXbXbXc"));
    EXPECT_FALSE(matches_glob("a*b*c", "aXbX"));
    EXPECT_TRUE(matches_glob("**", "x"));
}

RC_GTEST_PROP(Glob, MatchesEveryTextByAStar, (const std::string& text)) {
    RC_ASSERT(matches_glob("*", text));
}

RC_GTEST_PROP(Glob, MatchesWhatItsStarIsReplacedBy,
              (const std::string& front, const std::string& middle, const std::string& back)) {
    RC_ASSERT(matches_glob(front + "*" + back, front + middle + back));
}

TEST(PathPattern, KeepsAStarWithinASegment) {
    EXPECT_TRUE(matches_path("/v1/*", "/v1/models"));
    EXPECT_FALSE(matches_path("/v1/*", "/v1/models/x"));
    EXPECT_FALSE(matches_path("/v1/*", "/v1"));
    EXPECT_TRUE(matches_path("/v1/chat-*", "/v1/chat-completions"));
}

TEST(PathPattern, LetsTwoStarsGoOverSegments) {
    EXPECT_TRUE(matches_path("/v1/**", "/v1/chat/completions"));
    EXPECT_TRUE(matches_path("/v1/**", "/v1"));
    EXPECT_FALSE(matches_path("/v1/**", "/v10"));
    EXPECT_FALSE(matches_path("/v1/**", "/v2/models"));
    EXPECT_TRUE(matches_path("/**", "/"));
    EXPECT_TRUE(matches_path("/**", "/anything/at/all"));
}

TEST(PathPattern, LetsTwoStarsStandInTheMiddle) {
    EXPECT_TRUE(matches_path("/a/**/z", "/a/z"));
    EXPECT_TRUE(matches_path("/a/**/z", "/a/b/c/z"));
    EXPECT_FALSE(matches_path("/a/**/z", "/a/b/c"));
    EXPECT_TRUE(matches_path("/**/b/**/d", "/a/b/b/c/d"));
    EXPECT_FALSE(matches_path("/**/b/**/d", "/a/c/d"));
}

TEST(PathPattern, MatchesNoTextThatIsNoPath) {
    EXPECT_FALSE(matches_path("/**", "*"));
    EXPECT_FALSE(matches_path("/**", "v1"));
    EXPECT_FALSE(matches_path("v1", "/v1"));
    EXPECT_FALSE(matches_path("", "/"));
}

TEST(PathPattern, IsQuickWithManyStarsAndALongPath) {
    std::string path;
    for (int n = 0; n < 4096; ++n) path += "/a";

    EXPECT_FALSE(matches_path("/**/a/**/a/**/a/**/a/**/b", path));
}

TEST(PathPattern, DoesNotForgiveATrailingSlash) {
    EXPECT_FALSE(matches_path("/v1/models", "/v1/models/"));
}

}  // namespace
}  // namespace penstock
