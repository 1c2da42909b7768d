// Where a request would go, asked without sending it.
#include "explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_server_stream.h"
#include "penstock/proxy/explainer.h"
#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using support::FakeServerStream;
using testing::HasSubstr;
using testing::Not;

http::RequestHead head_of(std::string path) {
    http::RequestHead head = support::request(http::Method::post, std::move(path));
    head.fields.append(http::FieldName::content_type, "application/json");
    return head;
}

class ExplainTest : public testing::Test {
protected:
    ExplainTest() {
        for (int i = 0; i < 3; ++i) bench.add_engine();
        bench.pool.balance.policy = routing::PolicyName::prefix_load;
    }
    std::string ask(std::string body = std::string{support::k_chat},
                    std::string path = std::string{support::k_chat_path}) {
        bench.publish();
        FakeServerStream stream{head_of(std::move(path)), std::move(body)};
        ExplainHandler handler{*bench.worker};
        EXPECT_TRUE(support::serve(handler, stream));
        EXPECT_EQ(stream.response().status, 200);
        return stream.body();
    }
    [[nodiscard]] std::string url(std::size_t engine) const {
        return R"("backend":")" + bench.pool.backends[engine].url + '"';
    }

    support::ProxyBench bench;
};

TEST_F(ExplainTest, TellsThePickAndEveryCandidate) {
    bench.states[0].health = fleet::Health::loading;
    bench.states[1].health = fleet::Health::unhealthy;
    const std::string loading = url(0);
    const std::string picked = url(2);

    const std::string told = ask();

    EXPECT_THAT(told, HasSubstr(R"("route":"all","pool":"default","policy":"prefix_load",)"
                                R"("model":"m")"));
    EXPECT_THAT(told, HasSubstr(picked + R"(,"reason":"only","refused":null)"));
    EXPECT_THAT(told, HasSubstr("\"candidates\":[{" + picked + R"(,"chosen":true,"unfit":[])"));
    EXPECT_THAT(told, HasSubstr(loading + R"(,"chosen":false,"unfit":["unhealthy"],)"
                                          R"("health":"loading")"));
}

TEST_F(ExplainTest, SeesThePrefixIndexAlsoOfThoseThatAreUnfit) {
    bench.pool.balance.block_size = Bytes{64};
    bench.states[0].draining = true;
    const std::string body = R"({"model":"m","prompt":")" + std::string(640, 'x') + "\"}";
    const std::string before = ask(body, "/v1/completions");
    ASSERT_THAT(before, HasSubstr(R"("blocks":10})"));

    std::vector<std::uint64_t> blocks;
    routing::PrefixHasher hasher{routing::chain_seed("m", ""), 64, blocks};
    hasher.add(std::string(640, 'x'));
    bench.index.insert(0, blocks);
    bench.index.insert(2, blocks);
    const std::string told = ask(body, "/v1/completions");

    EXPECT_THAT(told, HasSubstr(R"("reason":"prefix")"));
    EXPECT_THAT(told, HasSubstr(R"("unfit":["draining"])"));
    const std::size_t first = told.find(R"("held_blocks":10)");
    ASSERT_NE(first, std::string::npos) << told;
    EXPECT_NE(told.find(R"("held_blocks":10)", first + 1), std::string::npos) << told;
}

TEST_F(ExplainTest, ChargesCountsAndLogsNothing) {
    const std::string counted = bench.metrics_text();

    ask();

    for (fleet::Slot slot = 0; slot < 3; ++slot) {
        EXPECT_EQ(bench.counters[slot].started.load(), 0U);
        EXPECT_EQ(bench.index.size(slot).blocks, 0U);
    }
    EXPECT_EQ(bench.worker->newest().turns, std::vector<std::uint64_t>{0});
    EXPECT_EQ(bench.budget.used(), 0U);
    EXPECT_EQ(bench.metrics_text(), counted);
    EXPECT_EQ(bench.access_lines(), "");
}

TEST_F(ExplainTest, AsksForNoKey) {
    bench.generation.keys = *ApiKeys::parse(std::string(64, 'a'));

    EXPECT_THAT(ask(), HasSubstr(R"("refused":null)"));
}

TEST_F(ExplainTest, TellsTheRefusalOfAnUnknownModel) {
    const std::string told = ask(R"({"model":"other"})");

    EXPECT_THAT(told, HasSubstr(R"("backend":null,"reason":null,"refused":{"status":404,)"
                                R"("code":"model_not_found")"));
    EXPECT_THAT(told, HasSubstr(R"("candidates":[]})"));
}

TEST_F(ExplainTest, TellsTheRefusalOfAPathThatNoRouteServes) {
    const std::string told = ask("{}", "/admin/reset");

    EXPECT_THAT(told, HasSubstr(R"({"generation":0,"route":null,"pool":null)"));
    EXPECT_THAT(told, HasSubstr(R"("code":"not_found")"));
}

TEST_F(ExplainTest, TellsTheRefusalOfATooLongBody) {
    bench.route.max_body = 16;

    EXPECT_THAT(ask(), HasSubstr(R"("refused":{"status":413,"code":"body_too_large")"));
}

TEST_F(ExplainTest, TellsWhyEachIsUnfitWhenAllAre) {
    for (fleet::Backend& backend : bench.pool.backends) backend.max_in_flight = 1;
    for (fleet::Slot slot = 0; slot < 3; ++slot) bench.counters[slot].started = 1;

    const std::string told = ask();

    EXPECT_THAT(told, HasSubstr(R"("status":429,"code":"too_many_requests")"));
    EXPECT_THAT(told, HasSubstr(R"("unfit":["full"])"));
    EXPECT_THAT(told, Not(HasSubstr(R"("unfit":[])")));
}

TEST_F(ExplainTest, TellsOfAStreamedRouteByItsHeadAlone) {
    bench.route.body = BodyMode::stream;

    const std::string told = ask();

    EXPECT_THAT(told, HasSubstr(R"("model":null)"));
    EXPECT_THAT(told, HasSubstr(R"("json":false)"));
    EXPECT_THAT(told, HasSubstr(R"("refused":null)"));
}

TEST_F(ExplainTest, SaysNothingOfThePrompt) {
    EXPECT_THAT(ask(R"({"model":"m","prompt":"the secret"})"), Not(HasSubstr("secret")));
}

TEST_F(ExplainTest, AnExplainerTellsInATurnOfItsOwn) {
    bench.publish();
    Explainer explainer{*bench.worker};
    std::string told;

    explainer.explain({head_of("/v1/chat/completions"), std::string{support::k_chat}},
                      [&told](std::string document) { told = std::move(document); });

    EXPECT_EQ(told, "");
    EXPECT_TRUE(bench.until([&] { return !told.empty(); }));
    EXPECT_THAT(told, HasSubstr(R"("refused":null)"));
}

TEST_F(ExplainTest, AnExplainerReadsALargeBodyOnTheInspectThread) {
    InspectThread thread;
    bench.worker->shared.inspect = &thread;
    bench.publish();
    Explainer explainer{*bench.worker};
    std::string told;
    const std::string body =
        R"({"model":"m","prompt":")" + std::string(2 * k_inspect_elsewhere, 'x') + "\"}";

    explainer.explain({head_of("/v1/completions"), body},
                      [&told](std::string document) { told = std::move(document); });

    EXPECT_TRUE(bench.until([&] { return !told.empty(); }));
    EXPECT_THAT(told, HasSubstr(R"("blocks":512})"));
    thread.stop();
}

TEST_F(ExplainTest, AnExplainerThatEndsDropsWhatIsUnderWay) {
    InspectThread thread{[](InspectJob&) {}};
    bench.worker->shared.inspect = &thread;
    bench.publish();
    bool told = false;
    {
        Explainer explainer{*bench.worker};
        explainer.explain({head_of("/v1/completions"), std::string(2 * k_inspect_elsewhere, ' ')},
                          [&told](const std::string&) { told = true; });
    }
    thread.stop();
    bench.turn(5);

    EXPECT_FALSE(told);
    EXPECT_EQ(bench.budget.used(), 0U);
    EXPECT_EQ(bench.worker->inspect_jobs, 0U);
}

}  // namespace
}  // namespace penstock::proxy
