#include "penstock/admin/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/fake_server_stream.h"
#include "views.h"

namespace penstock::admin {
namespace {

using support::Ending;
using support::FakeServerStream;
using testing::HasSubstr;
using testing::Not;

class Admin : public testing::Test {
protected:
    void serve(FakeServerStream& stream) {
        AdminHandler handler{Sources{
            .proxy = [] { return ProxyView{.generation = 7, .backends = {polled()}}; },
            .config_json = [] { return std::string{R"({"options":[]})"}; },
            .readiness = [this] { return readiness; },
            .registry = &registry,
            .explain =
                [this](http::RequestHead head, std::string body, auto tell) {
                    asked.emplace(std::move(head), std::move(body));
                    if (too_many) return false;
                    tell(document);
                    return true;
                },
        }};
        ASSERT_TRUE(support::serve(handler, stream));
        EXPECT_EQ(stream.ending(), Ending::finished);
    }

    static std::string field(const FakeServerStream& stream, std::string_view name) {
        return std::string{stream.response().fields.find(name).value_or("")};
    }

    Readiness readiness = Readiness::ready;
    telemetry::Registry registry;
    std::optional<std::pair<http::RequestHead, std::string>> asked;
    std::string document = R"({"backend":"http://a"})";
    bool too_many = false;
};

TEST_F(Admin, IsAlive) {
    FakeServerStream stream{support::get("/livez")};

    serve(stream);

    EXPECT_EQ(stream.response().status, 200);
    EXPECT_EQ(stream.body(), "ok\n");
}

TEST_F(Admin, IsReady) {
    FakeServerStream stream{support::get("/readyz")};

    serve(stream);

    EXPECT_EQ(stream.response().status, 200);
    EXPECT_EQ(stream.body(), "ready\n");
}

TEST_F(Admin, TellsWhyItIsNotReady) {
    for (const Readiness reason :
         {Readiness::no_healthy_backend, Readiness::models_not_listed, Readiness::draining}) {
        readiness = reason;
        FakeServerStream stream{support::get("/readyz")};

        serve(stream);

        EXPECT_EQ(stream.response().status, 503);
        EXPECT_EQ(stream.body(), std::string{name(reason)} + "\n");
    }
}

TEST_F(Admin, ShowsMetricsInPrometheusTextFormat) {
    FakeServerStream stream{support::get("/metrics")};

    serve(stream);

    EXPECT_EQ(field(stream, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_THAT(stream.body(), HasSubstr("\npenstock_build_info{"));
}

TEST_F(Admin, ShowsBackendsAsJson) {
    FakeServerStream stream{support::get("/backends?pretty")};

    serve(stream);

    EXPECT_EQ(field(stream, "Content-Type"), "application/json");
    const auto json = nlohmann::json::parse(stream.body());
    EXPECT_EQ(json["generation"], 7);
    EXPECT_EQ(json["readiness"], "ready");
    EXPECT_EQ(json["backends"].size(), 1U);
}

TEST_F(Admin, ShowsTheConfigAsItIsGiven) {
    FakeServerStream stream{support::get("/config")};

    serve(stream);

    EXPECT_EQ(field(stream, "Content-Type"), "application/json");
    EXPECT_EQ(stream.body(), R"({"options":[]})");
}

TEST_F(Admin, HasAPageThatLoadsNothingFromElsewhere) {
    FakeServerStream stream{support::get("/")};

    serve(stream);

    EXPECT_EQ(field(stream, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(field(stream, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
    EXPECT_THAT(stream.body(), Not(HasSubstr("://")));
    EXPECT_THAT(stream.body(), Not(HasSubstr("innerHTML")));
    for (const std::string_view page : {"/backends", "/metrics", "/config", "/readyz"}) {
        EXPECT_THAT(stream.body(), HasSubstr("href=\"" + std::string{page} + "\""));
    }
}

TEST_F(Admin, AnswersHeadLikeGet) {
    FakeServerStream stream{support::request(http::Method::head, "/livez")};

    serve(stream);

    EXPECT_EQ(stream.response().status, 200);
    EXPECT_EQ(stream.response().length, 3U);
}

TEST_F(Admin, KnowsNoOtherPaths) {
    for (const std::string_view path : {"/metrics/", "/Livez", "/v1/models", "/explained", "//"}) {
        FakeServerStream stream{support::get(std::string{path})};

        serve(stream);

        EXPECT_EQ(stream.response().status, 404);
        const auto json = nlohmann::json::parse(stream.body());
        EXPECT_EQ(json["error"]["code"], "not_found");
    }
}

TEST_F(Admin, RefusesToBeWrittenTo) {
    for (const http::Method method : {http::Method::post, http::Method::put, http::Method::del,
                                      http::Method::patch, http::Method::options}) {
        FakeServerStream stream{support::request(method, "/livez"), "body"};

        serve(stream);

        EXPECT_EQ(stream.response().status, 405);
        EXPECT_EQ(field(stream, "Allow"), "GET, HEAD");
        EXPECT_TRUE(nlohmann::json::parse(stream.body()).contains("error"));
    }
}

http::RequestHead question(std::string target) {
    http::RequestHead head = support::request(http::Method::post, std::move(target));
    head.fields.append("X-Team", "search");
    return head;
}

TEST_F(Admin, ExplainsTheRequestThatIsPosted) {
    FakeServerStream stream{question("/explain/v1/completions?x=1"), "{}"};
    stream.pieces_of(1);

    serve(stream);

    EXPECT_EQ(stream.response().status, 200);
    EXPECT_EQ(field(stream, "Content-Type"), "application/json");
    EXPECT_EQ(field(stream, "Cache-Control"), "no-store");
    EXPECT_EQ(stream.body(), document);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->first.target, "/v1/completions?x=1");
    EXPECT_EQ(asked->first.fields.find("X-Team"), "search");
    EXPECT_EQ(asked->second, "{}");
}

TEST_F(Admin, ExplainsAChatWhereNoPathIsNamed) {
    FakeServerStream stream{question("/explain"), "{}"};

    serve(stream);

    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->first.target, "/v1/chat/completions");
}

TEST_F(Admin, ReadsAQuestionUpToItsBound) {
    FakeServerStream most{question("/explain"), std::string(k_question_max, 'x')};
    serve(most);
    EXPECT_EQ(most.response().status, 200);

    asked.reset();
    FakeServerStream more{question("/explain"), std::string(k_question_max + 1, 'x')};
    serve(more);
    EXPECT_EQ(more.response().status, 413);
    EXPECT_FALSE(asked);
}

TEST_F(Admin, ExplainsNothingWhileTooManyAsk) {
    too_many = true;
    FakeServerStream stream{question("/explain"), "{}"};

    serve(stream);

    EXPECT_EQ(stream.response().status, 429);
}

TEST_F(Admin, TellsWhenThereIsNoExplanation) {
    document.clear();
    FakeServerStream stream{question("/explain"), "{}"};

    serve(stream);

    EXPECT_EQ(stream.response().status, 500);
}

TEST_F(Admin, ExplainsNothingToGet) {
    FakeServerStream stream{support::get("/explain")};

    serve(stream);

    EXPECT_EQ(stream.response().status, 405);
    EXPECT_EQ(field(stream, "Allow"), "POST");
}

TEST_F(Admin, IsNeverCached) {
    for (const std::string_view path : {"/", "/livez", "/metrics", "/none"}) {
        FakeServerStream stream{support::get(std::string{path})};

        serve(stream);

        EXPECT_EQ(field(stream, "Cache-Control"), "no-store");
    }
}

TEST(Readiness, HasANameForEachValue) {
    EXPECT_EQ(name(Readiness::ready), "ready");
    EXPECT_EQ(name(Readiness::no_healthy_backend), "no_healthy_backend");
    EXPECT_EQ(name(Readiness::models_not_listed), "models_not_listed");
    EXPECT_EQ(name(Readiness::draining), "draining");
}

}  // namespace
}  // namespace penstock::admin
