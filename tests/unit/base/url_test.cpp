#include "penstock/base/url.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock {
namespace {

TEST(Url, HasHostAndPort) {
    const auto url = parse_url("http://10.0.0.1:8000");

    ASSERT_TRUE(url.has_value());
    EXPECT_EQ(url->host, "10.0.0.1");
    EXPECT_EQ(url->port, 8000);
    EXPECT_EQ(url->base_path, "");
    EXPECT_EQ(url->unix_path, "");
}

TEST(Url, HasPortEightyWhenItTellsNone) {
    EXPECT_EQ(parse_url("http://engine.example")->port, 80);
    EXPECT_EQ(parse_url("https://engine.example")->port, 443);
}

TEST(Url, TellsWhetherItIsOfHttps) {
    EXPECT_TRUE(parse_url("https://[::1]:8000/x")->https);
    EXPECT_FALSE(parse_url("http://h:443")->https);
    EXPECT_FALSE(parse_url("unix:/run/engine.sock")->https);
}

TEST(Url, LosesTheBracketsOfASixthVersionAddress) {
    const auto url = parse_url("http://[::1]:8000/x");

    ASSERT_TRUE(url.has_value());
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->port, 8000);
}

TEST(Url, KeepsABasePathWithoutItsLastSlash) {
    EXPECT_EQ(parse_url("http://h/engine/one/")->base_path, "/engine/one");
    EXPECT_EQ(parse_url("http://h/")->base_path, "");
}

TEST(Url, MayBeAUnixSocket) {
    EXPECT_EQ(parse_url("unix:/run/engine.sock")->unix_path, "/run/engine.sock");
}

TEST(Url, TakesPortsFromOneToTheLast) {
    EXPECT_EQ(parse_url("http://h:1")->port, 1);
    EXPECT_EQ(parse_url("http://h:65535")->port, 65535);
    EXPECT_FALSE(parse_url("http://h:0").has_value());
    EXPECT_FALSE(parse_url("http://h:65536").has_value());
    EXPECT_FALSE(parse_url("http://h:99999").has_value());
    EXPECT_FALSE(parse_url("http://h:").has_value());
}

TEST(Url, RefusesWhatNoBackendHas) {
    for (const char* text :
         {"", "h", "h:80", "//h", "http://", "http:///x", "https://", "ftp://h", "unix:relative",
          "unix:", "http://u@h", "http://u:p@h", "http://h/?q", "http://h/#f", "http://h o"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url.has_value()) << text;
        EXPECT_EQ(url.error().code(), ErrorCode::invalid_value);
        EXPECT_NE(url.error().detail().find(hide_userinfo(text)), std::string_view::npos);
    }
}

TEST(Url, ShowsNoUserinfoWhenItRefuses) {
    for (const char* text :
         {"http://me:secret@h", "https://me:secret@h", "http://me:s/secret@h", "http://a secret@h",
          "http://me:\"secret@h", "ftp://me:p@secret@h:99999"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url.has_value()) << text;
        EXPECT_EQ(url.error().detail().find("secret"), std::string_view::npos)
            << url.error().detail();
    }
}

TEST(HideUserinfo, PutsAStarForEachCharacter) {
    EXPECT_EQ(hide_userinfo("http://u:p\xC3\xA4@h:80/x"), "http://****@h:80/x");
    EXPECT_EQ(hide_userinfo("http://h/x"), "http://h/x");
    EXPECT_EQ(hide_userinfo("me@h"), "me@h");
    EXPECT_EQ(hide_userinfo(""), "");
}

TEST(HideUserinfo, FindsEachUrlOfALine) {
    EXPECT_EQ(hide_userinfo_in(R"(b = [{ url = "http://u:p@h" }, { url = 'http://q@i' }] # a@b)"),
              R"(b = [{ url = "http://***@h" }, { url = 'http://*@i' }] # a@b)");
    EXPECT_EQ(hide_userinfo_in("see http://u:p@h or a@b"), "see http://***@h or a@b");
    EXPECT_EQ(hide_userinfo_in(R"(url = "http://u:\"p q@h")"), R"(url = "http://*******@h")");
    EXPECT_EQ(hide_userinfo_in("url = \"http://u:p@h"), "url = \"http://***@h");
    EXPECT_EQ(hide_userinfo_in("http://h \"a@b\""), "http://h \"a@b\"");
}

RC_GTEST_PROP(Url, IsReadOrRefusedWhateverTheText, (const std::string& text)) {
    (void)parse_url(text).has_value();
    (void)parse_url("http://" + text).has_value();
}

}  // namespace
}  // namespace penstock
