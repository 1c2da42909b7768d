#include "models.h"

#include <gtest/gtest.h>

namespace penstock::proxy {
namespace {

fleet::BackendState listing(std::vector<std::string> models, std::string json = {}) {
    fleet::BackendState state;
    state.health = fleet::Health::healthy;
    state.models = std::move(models);
    state.models_listed = true;
    state.models_json = std::move(json);
    return state;
}

Pool pool_of(std::vector<fleet::Slot> slots) {
    Pool pool;
    pool.name = "p";
    for (const fleet::Slot slot : slots) {
        fleet::Backend backend;
        backend.slot = slot;
        pool.backends.push_back(std::move(backend));
    }
    return pool;
}

TEST(Models, Serves_ConfiguredPatternsAndWhatABackendLists) {
    Pool pool = pool_of({0, 1});
    pool.models = {"llama-*"};
    const fleet::LoadTable table{.version = 1, .rows = {listing({"a"}), listing({"b"})}};

    EXPECT_TRUE(serves(pool, table, "a"));
    EXPECT_TRUE(serves(pool, table, "b"));
    EXPECT_TRUE(serves(pool, table, "llama-3"));
    EXPECT_FALSE(serves(pool, table, "c"));
    EXPECT_FALSE(lists(table, pool.backends[0], "b"));
}

TEST(Models, ReadName_CutsAnAdapterOffForSGLangOnly) {
    Pool pool = pool_of({0});
    const fleet::LoadTable table{.version = 1, .rows = {listing({"base", "whole:name"})}};

    EXPECT_EQ(read_name(pool, table, "base:a").model, "base:a");
    pool.engine = fleet::Engine::sglang;
    EXPECT_EQ(read_name(pool, table, "base:a:b").model, "base");
    EXPECT_EQ(read_name(pool, table, "base:a:b").adapter, "a:b");
    EXPECT_EQ(read_name(pool, table, "base").adapter, "");
    EXPECT_EQ(read_name(pool, table, "base:").model, "base");
    EXPECT_EQ(read_name(pool, table, "whole:name").model, "whole:name");
}

TEST(Models, AnyPickable_LooksAtHealthEjectionAndWeight) {
    Pool pool = pool_of({0, 1});
    fleet::LoadTable table{.version = 1, .rows = {fleet::BackendState{}, listing({"a"})}};

    EXPECT_TRUE(any_pickable(pool, table));
    table.rows[1].ejected = true;
    EXPECT_FALSE(any_pickable(pool, table));
    table.rows[1].ejected = false;
    pool.backends[1].weight = 0;
    EXPECT_FALSE(any_pickable(pool, table));
    EXPECT_FALSE(any_pickable(pool_of({7}), table));  // nothing is known of it
}

TEST(Models, ListingOf_WaitsForWhoCanTellAndForNobodyElse) {
    const Pool pool = pool_of({0, 1});
    fleet::BackendState silent;
    silent.health = fleet::Health::healthy;
    fleet::BackendState down;
    down.health = fleet::Health::unhealthy;
    const fleet::BackendState unknown;
    const auto of = [&pool](std::vector<fleet::BackendState> rows) {
        return listing_of(pool, {.version = 1, .rows = std::move(rows)});
    };

    EXPECT_EQ(of({listing({"a"}), silent}), Listing::awaited);
    EXPECT_EQ(of({silent, down}), Listing::awaited);
    EXPECT_EQ(of({unknown, down}), Listing::awaited);
    EXPECT_EQ(of({listing({"a"}), down}), Listing::told);
    EXPECT_EQ(of({listing({"a"}), unknown}), Listing::told);
    EXPECT_EQ(of({down, down}), Listing::down);
    EXPECT_EQ(listing_of(pool, {}), Listing::awaited);
    EXPECT_EQ(listing_of(pool_of({}), {}), Listing::down);
}

TEST(Models, ModelDocument_IsTheListsElement) {
    Generation generation;
    generation.pools.push_back(pool_of({0, 1}));
    generation.pools[0].models = {"alias"};
    const fleet::LoadTable table{
        .version = 1,
        .rows = {listing({"a", "b"}, R"({"id":"a","created":7}, {"created":9,"id":"b"})"),
                 listing({"c"})}};

    EXPECT_EQ(model_document(generation, table, "b"), R"({"created":9,"id":"b"})");
    EXPECT_EQ(model_document(generation, table, "a"), R"({"id":"a","created":7})");
    EXPECT_EQ(model_document(generation, table, "c"),
              R"({"id":"c","object":"model","created":0,"owned_by":"p"})");
    EXPECT_EQ(model_document(generation, table, "alias"),
              R"({"id":"alias","object":"model","created":0,"owned_by":"p"})");
    EXPECT_EQ(model_document(generation, table, "x"), std::nullopt);
}

TEST(Models, KnownModels_NamesEachOnceAndNoPatterns) {
    Generation generation;
    generation.pools.push_back(pool_of({0, 1}));
    generation.pools[0].models = {"x", "y-*"};
    const fleet::LoadTable table{.version = 1, .rows = {listing({"b", "a"}), listing({"a"})}};

    EXPECT_EQ(known_models(generation, {0}, table), (std::vector<std::string>{"a", "b", "x"}));
}

TEST(Models, ModelsDocument_KeepsTheEnginesWordsAndRepeatsNothing) {
    Generation generation;
    generation.pools.push_back(pool_of({0, 1, 2}));
    generation.pools[0].models = {"a", "alias", "y-*"};
    const fleet::LoadTable table{.version = 1,
                                 .rows = {listing({"a"}, R"({"id":"a","max_model_len":9})"),
                                          listing({"a"}, R"({"id":"a","max_model_len":8})"),
                                          listing({"a", "b"}, R"({"id":"a"},{"id":"b"})")}};

    EXPECT_EQ(models_document(generation, table),
              R"({"object":"list","data":[{"id":"a","max_model_len":9},)"
              R"({"id":"b","object":"model","created":0,"owned_by":"p"},)"
              R"({"id":"alias","object":"model","created":0,"owned_by":"p"}]})");
}

TEST(Models, ModelsDocument_IsAnEmptyListWhenNothingIsKnown) {
    EXPECT_EQ(models_document({}, {}), R"({"object":"list","data":[]})");
}

}  // namespace
}  // namespace penstock::proxy
