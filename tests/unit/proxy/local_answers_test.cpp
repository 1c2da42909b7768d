// What Penstock answers by itself, and what it refuses before any engine is asked.
#include <gtest/gtest.h>

#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace): the vocabulary of these dialogues

class LocalAnswersTest : public testing::Test {
protected:
    /// The answer to a request that needs no engine.
    std::string ask(const std::string& request) {
        Peer& client = bench.connect();
        client.send(request);
        EXPECT_TRUE(
            bench.until([&] { return client.got("\r\n\r\n") && bench.server->busy() == 0; }));
        (void)bench.until([&] { return true; });
        return client.got();
    }
    [[nodiscard]] static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }

    ProxyBench bench;
    Engine& engine = bench.add_engine();
};

TEST_F(LocalAnswersTest, HealthIs200WhileAnyBackendIsReady) {
    EXPECT_TRUE(ask(get_text("/health")).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(ask(get_text("/ping")).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(engine.requests().empty());
}

TEST_F(LocalAnswersTest, HealthIs503WhenNoneIsReadyOrWeDrain) {
    bench.states[0].health = fleet::Health::loading;
    EXPECT_TRUE(ask(get_text("/health")).starts_with("HTTP/1.1 503"));

    bench.states[0].health = fleet::Health::healthy;
    bench.publish();
    bench.worker->draining = true;

    EXPECT_TRUE(ask(get_text("/health")).starts_with("HTTP/1.1 503"));
}

TEST_F(LocalAnswersTest, HealthIs503WhenEveryBackendHasWeightZero) {
    bench.pool.backends[0].weight = 0;

    EXPECT_TRUE(ask(get_text("/health")).starts_with("HTTP/1.1 503"));
}

TEST_F(LocalAnswersTest, HealthToHeadHasNoBody) {
    const std::string got = ask("HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_TRUE(got.starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(got.ends_with("\r\n\r\n"));
}

TEST_F(LocalAnswersTest, ModelsAreTheUnion) {
    EXPECT_TRUE(has(ask(get_text("/v1/models")), R"({"object":"list","data":[{"id":"m")"));
}

TEST_F(LocalAnswersTest, OneModelIsFoundByItsNameEncodedOrNot) {
    bench.states[0].models = {"org/m"};

    EXPECT_TRUE(has(ask(get_text("/v1/models/org/m")), R"({"id":"org/m","object":"model")"));
    EXPECT_TRUE(has(ask(get_text("/v1/models/org%2Fm")), R"({"id":"org/m","object":"model")"));
}

TEST_F(LocalAnswersTest, AnUnknownModelIs404OnceAllAreListed) {
    EXPECT_TRUE(ask(get_text("/v1/models/x")).starts_with("HTTP/1.1 404"));

    bench.states[0].models_listed = false;
    bench.publish();

    EXPECT_TRUE(has(ask(get_text("/v1/models/x")), "models_not_listed_yet"));
}

TEST_F(LocalAnswersTest, WhereNobodyIsUpAModelIsNotSaidToBeUnlisted) {
    bench.states[0].models_listed = false;
    bench.states[0].models.clear();
    bench.states[0].health = fleet::Health::unhealthy;
    bench.publish();

    EXPECT_TRUE(has(ask(get_text("/v1/models/x")), "no_healthy_backend"));
    const std::string got = ask(chat());
    EXPECT_TRUE(got.starts_with("HTTP/1.1 503"));
    EXPECT_TRUE(has(got, R"(No healthy backend serves the model \"m\", and the pool \")"));
}

TEST_F(LocalAnswersTest, APathWithoutItsVersionIsTold) {
    EXPECT_TRUE(has(ask(post("/chat/completions?a=1", k_chat)),
                    "\"No route serves POST /chat/completions; did you mean "
                    "/v1/chat/completions?\""));
    EXPECT_TRUE(has(ask(post("/v1/v1/embeddings", k_chat)), "did you mean /v1/embeddings?"));
    EXPECT_TRUE(has(ask(post("/nowhere", k_chat)), "\"No route serves POST /nowhere.\""));
}

TEST_F(LocalAnswersTest, ModelsNeedAKeyWhereKeysAreOn) {
    bench.generation.keys =
        *ApiKeys::parse("2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");

    EXPECT_TRUE(ask(get_text("/v1/models")).starts_with("HTTP/1.1 401"));
    EXPECT_TRUE(ask(get_text("/v1/models", "Authorization: Bearer secret\r\n"))
                    .starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(ask(get_text("/health")).starts_with("HTTP/1.1 200"));
    const std::string refused = ask(chat());
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 401"));
    EXPECT_TRUE(has(refused, "WWW-Authenticate: Bearer"));
}

TEST_F(LocalAnswersTest, APreflightOfAnAllowedOriginIsAnswered) {
    bench.generation.cors_origins = {"https://app"};

    const std::string got =
        ask("OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: a\r\nOrigin: https://app\r\n"
            "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-a\r\n\r\n");

    EXPECT_TRUE(got.starts_with("HTTP/1.1 204"));
    EXPECT_TRUE(has(got, "Access-Control-Allow-Origin: https://app\r\n"));
    EXPECT_TRUE(has(got, "Access-Control-Allow-Headers: x-a\r\n"));
    EXPECT_TRUE(has(got, "Vary: Origin\r\n"));
    EXPECT_FALSE(has(got, "Content-Length"));
}

TEST_F(LocalAnswersTest, APreflightAllowsTheMethodsOfThePathsRoutes) {
    bench.generation.cors_origins = {"https://app"};
    bench.generation.routes = {
        {.pools = {0}, .paths = {"/files/*"}, .methods = {"DELETE", "GET"}},
        {.pools = {0}, .paths = {"/files/*"}, .methods = {"PUT"}, .hosts = {"other"}},
        {.pools = {0}}};
    const auto allowed = [this](const std::string& path) {
        const std::string got = ask("OPTIONS " + path +
                                    " HTTP/1.1\r\nHost: a\r\nOrigin: https://app\r\n"
                                    "Access-Control-Request-Method: PUT\r\n\r\n");
        const std::size_t at = got.find("Access-Control-Allow-Methods: ");
        return at == std::string::npos ? "" : got.substr(at + 30, got.find('\r', at) - at - 30);
    };

    EXPECT_EQ(allowed("/files/1"), "GET, HEAD, DELETE");
    EXPECT_EQ(allowed("/v1/embeddings"), "GET, HEAD, POST");
    EXPECT_EQ(allowed("/health"), "GET, HEAD");
    EXPECT_EQ(allowed("/nowhere"), "");
}

TEST_F(LocalAnswersTest, APreflightOfAnotherOriginGetsNoPermission) {
    bench.generation.cors_origins = {"https://app"};

    const std::string got =
        ask("OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: a\r\nOrigin: https://evil\r\n"
            "Access-Control-Request-Method: POST\r\n\r\n");

    EXPECT_TRUE(got.starts_with("HTTP/1.1 204"));
    EXPECT_FALSE(has(got, "Access-Control-Allow"));
}

TEST_F(LocalAnswersTest, ErrorsCarryRequestIdAndCors) {
    bench.generation.cors_origins = {"*"};

    const std::string got = ask(post("/nope", "{}", "Origin: https://x\r\nX-Request-Id: abc\r\n"));

    EXPECT_TRUE(got.starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(has(got, "X-Request-Id: abc\r\n"));
    EXPECT_TRUE(has(got, "Access-Control-Allow-Origin: *\r\n"));
}

TEST_F(LocalAnswersTest, AnUnfitRequestIdIsReplaced) {
    const std::string got = ask(get_text("/health", "X-Request-Id: a b\r\n"));

    EXPECT_TRUE(has(got, "X-Request-Id: req-"));
}

TEST_F(LocalAnswersTest, AmbiguousPathsAreRefused) {
    bench.route.paths = {"/**"};

    EXPECT_TRUE(ask(get_text("/v1/../sleep")).starts_with("HTTP/1.1 400"));
}

TEST_F(LocalAnswersTest, ARequestThatRunsInACircleIsRefused) {
    std::string via = "1.1 penstock";
    for (int i = 1; i < 8; ++i) via += ", 1.1 penstock";
    engine.answer_with(answer(200, "{}"));

    EXPECT_TRUE(ask(post(k_chat_path, k_chat, "Via: " + via + "\r\n")).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(ask(post(k_chat_path, k_chat, "Via: " + via + "\r\nVia: 1.1 penstock\r\n"))
                    .starts_with("HTTP/1.1 400"));
}

TEST_F(LocalAnswersTest, ABodyAtTheLimitPassesAndOneByteMoreDoesNot) {
    bench.route.max_body = k_chat.size();
    engine.answer_with(answer(200, "{}"));

    EXPECT_TRUE(ask(chat()).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(ask(post(k_chat_path, std::string{k_chat} + " ")).starts_with("HTTP/1.1 413"));
    EXPECT_TRUE(ask("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                    "\r\n\r\n" +
                    chunk(k_chat) + chunk(" ") + "0\r\n\r\n")
                    .starts_with("HTTP/1.1 413"));
}

TEST_F(LocalAnswersTest, ASpentBudgetIsAPassing503) {
    bench.budget.set_limit(1024);

    const std::string got = ask(chat());

    EXPECT_TRUE(got.starts_with("HTTP/1.1 503"));
    EXPECT_TRUE(has(got, "Retry-After"));
    EXPECT_EQ(bench.budget.used(), 0U);
}

// As HPACK makes it of a few bytes.
TEST_F(LocalAnswersTest, ALargeHeadTakesItsShareOfTheBudget) {
    const auto with_field = [](std::size_t bytes) {
        return "GET /nowhere HTTP/1.1\r\nHost: a\r\nX: " + std::string(bytes, 'x') + "\r\n\r\n";
    };
    bench.budget.set_limit(1024);

    EXPECT_TRUE(ask(with_field(4'000)).starts_with("HTTP/1.1 404"));
    const std::string got = ask(with_field(5'000));
    EXPECT_TRUE(got.starts_with("HTTP/1.1 503"));
    EXPECT_TRUE(has(got, "buffer_budget_spent"));
    bench.budget.set_limit(6'000);
    EXPECT_TRUE(ask(with_field(5'000)).starts_with("HTTP/1.1 404"));
    EXPECT_EQ(bench.budget.used(), 0U);
}

// --- Pools and models.

TEST_F(LocalAnswersTest, AnUnknownModelIs404WithTheList) {
    const std::string got = ask(post(k_chat_path, R"({"model":"x","messages":[]})"));

    EXPECT_TRUE(got.starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(has(got, "known: m"));
}

TEST_F(LocalAnswersTest, AnUnknownModelIs503WhileABackendHasNotListed) {
    bench.states[0].models_listed = false;

    EXPECT_TRUE(ask(post(k_chat_path, R"({"model":"x"})")).starts_with("HTTP/1.1 503"));
}

TEST_F(LocalAnswersTest, AnUnknownModelPassesWhereThePoolSaysSo) {
    bench.pool.unknown_model = UnknownModel::pass;
    engine.answer_with(answer(200, "{}"));

    EXPECT_TRUE(ask(post(k_chat_path, R"({"model":"x"})")).starts_with("HTTP/1.1 200"));
}

TEST_F(LocalAnswersTest, ABodyThatIsNoJsonGoesToTheOnlyPool) {
    engine.answer_with(answer(400, "not json"));

    EXPECT_TRUE(has(ask(post(k_chat_path, "{nope")), "not json"));
}

TEST_F(LocalAnswersTest, SGLangsNameOfAnAdapterIsServedWithItsModel) {
    bench.pool.engine = fleet::Engine::sglang;
    engine.answer_with(answer(200, "{}"));

    EXPECT_TRUE(ask(post(k_chat_path, R"({"model":"m:a"})")).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(ask(post(k_chat_path, R"({"model":"x:a"})")).starts_with("HTTP/1.1 404"));
}

TEST_F(LocalAnswersTest, AnAdaptersNameIsNoneForOtherEngines) {
    EXPECT_TRUE(ask(post(k_chat_path, R"({"model":"m:a"})")).starts_with("HTTP/1.1 404"));
}

class TwoPoolsTest : public LocalAnswersTest {
protected:
    TwoPoolsTest() {
        Pool second;
        second.name = "second";
        second.models = {"b-*"};
        second.policy = routing::make_policy(second.balance);
        bench.generation.pools.push_back(std::move(second));
        bench.route.pools = {0, 1};
    }
};

TEST_F(TwoPoolsTest, TheModelDecides) {
    engine.answer_with(answer(200, "{}"));

    EXPECT_TRUE(ask(post(k_chat_path, R"({"model":"m"})")).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(has(ask(post(k_chat_path, R"({"model":"b-1"})")), "no_healthy_backend"));
}

TEST_F(TwoPoolsTest, APoolWithABackendToPickGoesFirst) {
    // Both serve "b-1"; the second pool has no backend, the first a healthy one, then none.
    bench.pool.models = {"b-*"};
    std::swap(bench.route.pools[0], bench.route.pools[1]);
    engine.answer_with(answer(200, "{}"));
    const std::string request = post(k_chat_path, R"({"model":"b-1"})");

    EXPECT_TRUE(ask(request).starts_with("HTTP/1.1 200"));
    bench.states[0].ejected = true;
    bench.publish();
    EXPECT_TRUE(has(ask(request), "no_healthy_backend"));
    EXPECT_TRUE(has(bench.access_lines(), R"("pool":"second")"));
}

TEST_F(TwoPoolsTest, WithoutAModelItIsAmbiguous) {
    const std::string got = ask(post(k_chat_path, "{}"));

    EXPECT_TRUE(got.starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(has(got, "name a model in the body"));
    EXPECT_TRUE(has(got, "model_required"));
}

TEST_F(TwoPoolsTest, ABodyThatNamesNoModelIsToldWhatIsWrongWithIt) {
    EXPECT_TRUE(has(ask(post(k_chat_path, "garbage")), "The body is not JSON."));
    EXPECT_TRUE(has(ask(post(k_chat_path, R"({"model":5})")), R"(\"model\" must be a string.)"));
    EXPECT_TRUE(has(ask(get_text(std::string{k_chat_path})), "a GET names no model"));
    EXPECT_TRUE(has(ask("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n"
                        "Content-Type: application/grpc\r\nContent-Length: 0\r\n\r\n"),
                    "a gRPC call names no model"));
}

TEST_F(LocalAnswersTest, TheModelsRouteSetsTheLimitOfTheBody) {
    bench.generation.routes.push_back(
        {.name = "small", .pools = {0}, .models = {"s"}, .max_body = 10});
    bench.generation.routes.push_back({.name = "rest", .pools = {0}});
    bench.states[0].models = {"m", "s"};
    engine.answer_with(answer(200, "{}"));

    EXPECT_TRUE(ask(chat()).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(ask(post(k_chat_path, R"({"model":"s"})")).starts_with("HTTP/1.1 413"));
}

// --- Why.

TEST_F(LocalAnswersTest, AnAnswerExplainsItselfWhereThatIsAllowed) {
    bench.generation.explain = true;
    engine.answer_with(answer(200, "{}"));

    EXPECT_TRUE(has(ask(chat("X-Penstock-Explain: 1\r\n")), "X-Penstock-Explain: backend=http://"));
    EXPECT_FALSE(has(ask(chat()), "X-Penstock-Explain"));
}

TEST_F(LocalAnswersTest, NothingIsExplainedByDefault) {
    engine.answer_with(answer(200, "{}"));

    EXPECT_FALSE(has(ask(chat("X-Penstock-Explain: 1\r\n")), "X-Penstock-Explain"));
}

}  // namespace
}  // namespace penstock::proxy
