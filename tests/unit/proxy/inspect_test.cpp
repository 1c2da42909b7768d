// Reading a body's facts: on the worker, and for large ones on the thread beside it.
#include <new>

#include <gtest/gtest.h>

#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace): the vocabulary of these dialogues

std::string prompt_of(std::size_t bytes) {
    return R"({"model":"m","messages":[{"role":"user","content":")" + std::string(bytes, 'x') +
           R"("}]})";
}

InspectJob inspected(std::string body, bool cuts_names = false) {
    InspectJob job;
    job.chains = {{1024, cuts_names, {}}};
    job.endpoint = engine::Endpoint::chat_completions;
    job.content_type = "application/json";
    job.body = std::move(body);
    job.body.reserve(job.body.size() + engine::k_body_padding);
    BodyInspector{}.inspect({job.endpoint, job.content_type, job.body}, job.chains, job.facts);
    return job;
}

TEST(Inspect, ReadsTheModelAndWholeBlocks) {
    const InspectJob job = inspected(prompt_of(3000));

    EXPECT_EQ(job.facts.model, "m");
    EXPECT_EQ(job.chains[0].blocks.size(), 2U);
}

TEST(Inspect, EqualPromptsOfOtherModelsAdaptersOrSaltsShareNoBlock) {
    const auto first_block = [](std::string_view fields) {
        std::string body = prompt_of(2000);
        body.insert(1, fields);
        return inspected(std::move(body)).chains[0].blocks.at(0);
    };
    const std::uint64_t plain = first_block("");

    EXPECT_EQ(first_block(R"("temperature":1,)"), plain);
    EXPECT_NE(first_block(R"("lora_path":"a",)"), plain);
    EXPECT_NE(first_block(R"("cache_salt":"s",)"), plain);
    EXPECT_NE(first_block(R"("lora_path":"a",)"), first_block(R"("lora_path":"b",)"));
}

TEST(Inspect, AnAdapterHasTheSameBlocksHoweverItIsNamed) {
    std::string beside = prompt_of(2000);
    beside.insert(1, R"("lora_path":"a",)");
    std::string within = prompt_of(2000);
    within.replace(within.find("\"m\""), 3, "\"m:a\"");

    EXPECT_EQ(inspected(within, true).chains[0].blocks, inspected(beside, true).chains[0].blocks);
    EXPECT_NE(inspected(within, false).chains[0].blocks, inspected(beside, false).chains[0].blocks);
}

TEST(Inspect, MakesAChainForEachSizeOfBlock) {
    InspectJob job;
    job.endpoint = engine::Endpoint::chat_completions;
    job.content_type = "application/json";
    job.body = prompt_of(4000);
    job.body.reserve(job.body.size() + engine::k_body_padding);
    job.chains = {{1024, false, {}}, {256, false, {}}};

    BodyInspector{}.inspect({job.endpoint, job.content_type, job.body}, job.chains, job.facts);

    EXPECT_EQ(job.chains[0].blocks.size(), 3U);
    EXPECT_EQ(job.chains[1].blocks.size(), 15U);
}

class InspectElsewhereTest : public testing::Test {
protected:
    InspectElsewhereTest() { bench.worker->shared.inspect = &thread; }
    ~InspectElsewhereTest() override { thread.stop(); }

    ProxyBench bench;
    InspectThread thread;
    Engine& engine = bench.add_engine();
};

TEST_F(InspectElsewhereTest, ALargeBodyIsForwardedAsItCame) {
    engine.answer_with(answer(200, "done"));
    const std::string body = prompt_of(k_inspect_elsewhere + 1);
    Peer& client = bench.connect();

    client.send(post(k_chat_path, body));

    ASSERT_TRUE(bench.until_got(client, "done"));
    EXPECT_TRUE(engine.requests()[0].ends_with("\r\n\r\n" + body));
    EXPECT_EQ(bench.worker->inspect_jobs, 0U);
    EXPECT_NE(bench.access_lines().find(R"("prompt_blocks":256)"), std::string::npos);
}

TEST_F(InspectElsewhereTest, AClientThatGoesMeanwhileLeavesNothing) {
    Peer& client = bench.connect();
    client.send(post(k_chat_path, prompt_of(4U << 20U)));
    ASSERT_TRUE(bench.until([&] { return bench.worker->inspect_jobs == 1; }));

    client.close();

    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(bench.worker->inspect_jobs, 0U);
    EXPECT_EQ(bench.budget.used(), 0U);
    EXPECT_EQ(bench.in_flight(0), 0U);
}

TEST_F(InspectElsewhereTest, AFullQueueIsNoReasonToWait) {
    engine.answer_with(answer(200, "done"));
    Peer& client = bench.connect();
    bench.worker->inspect_jobs = k_inspect_jobs_max;

    client.send(post(k_chat_path, prompt_of(k_inspect_elsewhere + 1)));

    ASSERT_TRUE(bench.until_got(client, "done"));
    EXPECT_EQ(bench.worker->inspect_jobs, k_inspect_jobs_max);
}

TEST(InspectElsewhere, ARequestWhoseInspectionThrowsIsAnswered) {
    ProxyBench bench;
    InspectThread thread{[](InspectJob&) { throw std::bad_alloc{}; }};
    bench.worker->shared.inspect = &thread;
    bench.add_engine();
    Peer& client = bench.connect();

    client.send(post(k_chat_path, prompt_of(k_inspect_elsewhere + 1)));

    ASSERT_TRUE(bench.until_got(client, "HTTP/1.1 500"));
    ASSERT_TRUE(bench.until_quiet());
    EXPECT_EQ(bench.worker->inspect_jobs, 0U);
    EXPECT_EQ(bench.budget.used(), 0U);
    EXPECT_NE(bench.access_lines().find(R"("status":500)"), std::string::npos);
}

/// Two pools for two models, with blocks of 1024 and of 256 bytes.
class InspectPoolsTest : public testing::Test {
protected:
    InspectPoolsTest() {
        bench.add_engine();
        Engine& second = bench.add_engine();
        Pool other;
        other.name = "other";
        other.backends.push_back(bench.pool.backends.back());
        bench.pool.backends.pop_back();
        bench.states[1].models = {"small"};
        other.balance.block_size = Bytes{256};
        other.policy = routing::make_policy(other.balance);
        bench.generation.pools.push_back(std::move(other));
        second.answer_with(answer(200, "done"));
    }
    /// Blocks of a prompt for the second pool's model, as the access line tells them.
    bool has_small_blocks() {
        Peer& client = bench.connect();
        std::string body = prompt_of(4000);
        body.replace(body.find("\"m\""), 3, "\"small\"");
        client.send(post(k_chat_path, body));
        EXPECT_TRUE(bench.until_got(client, "done"));
        EXPECT_TRUE(bench.until_quiet());
        return bench.access_lines().find(R"("prompt_blocks":15)") != std::string::npos;
    }

    ProxyBench bench;
};

TEST_F(InspectPoolsTest, ThePoolOfTheModelSaysHowLongABlockIs) {
    bench.route.pools = {0, 1};

    EXPECT_TRUE(has_small_blocks());
}

TEST_F(InspectPoolsTest, SoDoesThePoolOfTheModelsRoute) {
    bench.generation.routes.push_back({.name = "m", .pools = {0}, .models = {"m"}});
    bench.generation.routes.push_back({.name = "rest", .pools = {1}});

    EXPECT_TRUE(has_small_blocks());
}

}  // namespace
}  // namespace penstock::proxy
