// Generations: a request keeps the one it began with.
#include "penstock/proxy/worker.h"

#include <gtest/gtest.h>

#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace): the vocabulary of these dialogues

std::shared_ptr<const Generation> numbered(std::uint64_t number) {
    auto generation = std::make_shared<Generation>();
    generation->number = number;
    return generation;
}

TEST(Worker, KeepsAnOldGenerationWhileARequestHoldsIt) {
    ProxyBench bench;
    std::weak_ptr<const Generation> first;
    {
        const auto generation = numbered(1);
        first = generation;
        bench.worker->publish(generation);
    }
    {
        const GenerationRef held{*bench.worker};
        bench.worker->publish(numbered(2));
        EXPECT_EQ(held->number, 1U);
        EXPECT_EQ(
            GenerationRef { *bench.worker } -> number, 2U);
        EXPECT_FALSE(first.expired());
    }

    EXPECT_TRUE(first.expired());
}

TEST(Worker, TellsTheOldestGenerationThatARequestHolds) {
    ProxyBench bench;
    bench.worker->publish(numbered(1));
    {
        const GenerationRef held{*bench.worker};
        bench.worker->publish(numbered(2));
        bench.worker->publish(numbered(3));

        EXPECT_EQ(bench.worker->oldest(), 1U);
    }

    EXPECT_EQ(bench.worker->oldest(), 3U);
}

TEST(Worker, DropsAGenerationThatNobodyHoldsAtOnce) {
    ProxyBench bench;
    std::weak_ptr<const Generation> first;
    {
        const auto generation = numbered(1);
        first = generation;
        bench.worker->publish(generation);
    }

    bench.worker->publish(numbered(2));

    EXPECT_TRUE(first.expired());
    EXPECT_EQ(bench.worker->newest().generation->number, 2U);
}

std::shared_ptr<const Generation> of_pools(std::initializer_list<const char*> names) {
    auto generation = std::make_shared<Generation>();
    for (const char* name : names) generation->pools.emplace_back().name = name;
    return generation;
}

TEST(Worker, APoolKeepsItsTurnInTheNextGeneration) {
    ProxyBench bench;
    bench.worker->publish(of_pools({"a", "b"}));
    {
        const GenerationRef held{*bench.worker};
        held.turn_of(held->pools[0]) = 7;
        held.turn_of(held->pools[1]) = 9;
    }

    bench.worker->publish(of_pools({"new", "b", "a"}));

    const GenerationRef held{*bench.worker};
    EXPECT_EQ(held.turn_of(held->pools[0]), 0U);
    EXPECT_EQ(held.turn_of(held->pools[1]), 9U);
    EXPECT_EQ(held.turn_of(held->pools[2]), 7U);
}

TEST(Worker, AStreamEndsByTheRulesItBeganWith) {
    ProxyBench bench;
    Engine& engine = bench.add_engine();
    Peer& client = bench.connect();
    client.send(chat());
    ASSERT_TRUE(bench.until([&] { return engine.requests().size() == 1; }));

    bench.worker->publish(numbered(2));  // without pools and routes
    engine[0].send(answer(200, "done"));

    ASSERT_TRUE(bench.until_got(client, "done"));
    client.send(chat());
    EXPECT_TRUE(bench.until_got(client, "HTTP/1.1 404"));
}

}  // namespace
}  // namespace penstock::proxy
