#include "route.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::proxy {
namespace {

http::RequestHead head_of(http::Method method, std::string target) {
    http::RequestHead head;
    head.method = method;
    head.target = std::move(target);
    head.authority = "api.example.com:8080";
    return head;
}

Generation with(Route route) {
    Generation generation;
    generation.routes.push_back(std::move(route));
    return generation;
}

bool takes(const Generation& generation, const http::RequestHead& head) {
    return match_route(generation, head, nullptr) != nullptr;
}

TEST(Route, MatchRoute_TheDefaultPathsAreInferenceOnly) {
    const Generation generation = with({});

    for (const char* path : {"/v1/chat/completions", "/v1/chat/completions?a=b", "/v1/embeddings",
                             "/v1/messages/count_tokens", "/v1/audio/speech", "/v1/models/a/b"}) {
        EXPECT_TRUE(takes(generation, head_of(http::Method::post, path))) << path;
    }
    for (const char* path : {"/", "/metrics", "/v1/load_lora_adapter", "/sleep", "/flush_cache",
                             "/v1/chat/completions/", "/V1/chat/completions"}) {
        EXPECT_FALSE(takes(generation, head_of(http::Method::post, path))) << path;
    }
}

TEST(Route, MatchRoute_WithoutMethodsTakesGetHeadAndPost) {
    const Generation generation = with({.paths = {"/**"}});

    EXPECT_TRUE(takes(generation, head_of(http::Method::get, "/x")));
    EXPECT_TRUE(takes(generation, head_of(http::Method::head, "/x")));
    EXPECT_TRUE(takes(generation, head_of(http::Method::post, "/x")));
    EXPECT_FALSE(takes(generation, head_of(http::Method::del, "/x")));
    EXPECT_FALSE(takes(generation, head_of(http::Method::options, "/x")));
}

TEST(Route, MatchRoute_GetMeansHeadToo) {
    const Generation generation = with({.paths = {"/**"}, .methods = {"GET", "DELETE"}});

    EXPECT_TRUE(takes(generation, head_of(http::Method::head, "/x")));
    EXPECT_TRUE(takes(generation, head_of(http::Method::del, "/x")));
    EXPECT_FALSE(takes(generation, head_of(http::Method::post, "/x")));
}

TEST(Route, MatchRoute_ClientNamesAreThoseOfVerifiedCertificatesOnly) {
    const Generation generation = with({.paths = {"/**"}, .client_names = {"*.robots.test"}});
    http::RequestHead head = head_of(http::Method::post, "/x");
    head.fields.append("X-Client-Name", "one.robots.test");
    const auto takes_from = [&](const std::vector<std::string>& names) {
        return match_route(generation, {head, names}, nullptr) != nullptr;
    };

    EXPECT_TRUE(takes_from({"one.robots.test"}));
    EXPECT_TRUE(takes_from({"human.test", "one.robots.test"}));
    EXPECT_FALSE(takes_from({"human.test"}));
    EXPECT_FALSE(takes_from({}));
}

TEST(Route, NameFor_TellsTheNameThatTheRouteAsksForOrTheFirst) {
    const std::vector<std::string> names{"human.test", "spiffe://x/y"};

    EXPECT_EQ(name_for({.client_names = {"spiffe://x/*"}}, names), "spiffe://x/y");
    EXPECT_EQ(name_for({}, names), "human.test");
    EXPECT_EQ(name_for({}, {}), "");
}

TEST(Route, MatchRoute_ARouteForAnyNameIsNotForClientsWithoutOne) {
    const Generation generation = with({.paths = {"/**"}, .client_names = {"*"}});
    const http::RequestHead head = head_of(http::Method::post, "/x");

    const std::vector<std::string> anybody{"anybody"};
    EXPECT_EQ(match_route(generation, {head, {}}, nullptr), nullptr);
    EXPECT_NE(match_route(generation, {head, anybody}, nullptr), nullptr);
}

TEST(Route, MatchRoute_HostsAreComparedWithoutPortAndCase) {
    const Generation generation = with({.paths = {"/**"}, .hosts = {"*.Example.com"}});
    http::RequestHead head = head_of(http::Method::get, "/x");

    EXPECT_TRUE(takes(generation, head));
    head.authority = "API.EXAMPLE.COM";
    EXPECT_TRUE(takes(generation, head));
    head.authority = "example.org";
    EXPECT_FALSE(takes(generation, head));
}

TEST(Route, MatchRoute_AllNamedHeadersMustMatch) {
    const Generation generation =
        with({.paths = {"/**"}, .headers = {{"X-Tier", "gold*"}, {"x-team", "a"}}});
    http::RequestHead head = head_of(http::Method::get, "/x");

    EXPECT_FALSE(takes(generation, head));
    head.fields.append("x-tier", "golden");
    EXPECT_FALSE(takes(generation, head));
    head.fields.append("X-Team", "a");
    EXPECT_TRUE(takes(generation, head));
}

TEST(Route, MatchRoute_TheFirstThatMatchesWinsAndModelsCountOnceKnown) {
    Generation generation;
    generation.routes.push_back({.name = "llama", .models = {"llama-*"}, .paths = {"/**"}});
    generation.routes.push_back({.name = "rest", .paths = {"/**"}});
    const http::RequestHead head = head_of(http::Method::post, "/x");
    const std::string_view llama = "llama-3";
    const std::string_view qwen = "qwen";

    EXPECT_EQ(match_route(generation, head, nullptr)->name, "llama");
    EXPECT_EQ(match_route(generation, head, &llama)->name, "llama");
    EXPECT_EQ(match_route(generation, head, &qwen)->name, "rest");
}

/// Routes for a model, for the others, and one behind that nobody reaches; with limits that grow.
Generation limited() {
    Generation generation;
    for (const std::uint32_t n : {0U, 1U, 2U}) {
        Route route;
        route.pools = {n};
        if (n == 0) route.models = {"m"};
        route.max_body = 10U * (n + 1);
        route.timeouts.total = Millis{100 * (n + 1)};
        generation.routes.push_back(std::move(route));
    }
    return generation;
}

TEST(Route, Limits_AreTheWidestOfTheRoutesThatARequestMayTake) {
    const Generation generation = limited();
    const auto head = head_of(http::Method::post, "/v1/completions");

    EXPECT_EQ(body_limit(generation, head, generation.routes[0]), 20U);
    EXPECT_EQ(total_limit(generation, head, generation.routes[0]), Millis{200});
    EXPECT_EQ(body_limit(generation, head, generation.routes[1]), 20U);
    EXPECT_EQ(total_limit(generation, head, generation.routes[1]), Millis{200});
}

TEST(Route, TotalLimit_IsNoneWhereOneOfThemHasNone) {
    Generation generation = limited();
    const auto head = head_of(http::Method::post, "/v1/completions");

    generation.routes[1].timeouts.total = Millis{0};
    EXPECT_EQ(total_limit(generation, head, generation.routes[0]), Millis{0});
    generation.routes[1].timeouts.total = Millis{200};
    generation.routes[0].timeouts.total = Millis{0};
    EXPECT_EQ(total_limit(generation, head, generation.routes[0]), Millis{0});
}

TEST(Route, PossiblePools_AreThoseOfTheRoutesThatARequestMayTake) {
    const Generation generation = limited();
    std::vector<std::uint32_t> seen;

    for_possible_pools(generation, head_of(http::Method::post, "/v1/completions"),
                       generation.routes[0], [&seen](std::uint32_t pool) { seen.push_back(pool); });

    EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, 1}));
}

TEST(Route, AmbiguousPath_IsWhatAnEngineMightReadOtherwise) {
    for (const char* path : {"/a//b", "//", "/a/./b", "/a/../b", "/a/.", "/a/..", "/a/%2e%2e/b",
                             "/a%2Fb", "/a%5cb", "/a%00", "/..", "/."}) {
        EXPECT_TRUE(ambiguous_path(path)) << path;
    }
    for (const char* path :
         {"/", "/a/b", "/a/", "/a/.b", "/a/..b", "/a.b/c", "/a%20b", "/a/...", "/%", "/a%2"}) {
        EXPECT_FALSE(ambiguous_path(path)) << path;
    }
}

}  // namespace
}  // namespace penstock::proxy
