#include "server/first_word.h"

#include <gtest/gtest.h>

namespace penstock::app {
namespace {

using fleet::BackendState;
using fleet::Health;

BackendState state(Health health, bool listed = false) {
    BackendState made;
    made.health = health;
    made.models_listed = listed;
    return made;
}

class FirstWordTest : public testing::Test {
protected:
    FirstWordTest() { add_pool(); }

    proxy::Pool& add_pool() {
        generation.pools.emplace_back();
        return generation.pools.back();
    }
    /// A backend of the last pool.
    void add(BackendState known, double weight = 1) {
        fleet::Backend backend;
        backend.slot = static_cast<fleet::Slot>(table.rows.size());
        backend.weight = weight;
        generation.pools.back().backends.push_back(std::move(backend));
        table.rows.push_back(std::move(known));
    }
    [[nodiscard]] bool awaits() const { return awaits_first_word(generation, table); }

    proxy::Generation generation;
    fleet::LoadTable table;
};

TEST_F(FirstWordTest, IsAwaitedWhileNobodyHasAnswered) {
    add(state(Health::unknown));

    EXPECT_TRUE(awaits());
}

TEST_F(FirstWordTest, IsAwaitedOfABackendWithoutARow) {
    add(state(Health::healthy, true));
    table.rows.clear();

    EXPECT_TRUE(awaits());
}

TEST_F(FirstWordTest, IsThereWhenOneBackendOfAPoolTakesRequests) {
    add(state(Health::unknown));
    add(state(Health::healthy, true));

    EXPECT_FALSE(awaits());
}

TEST_F(FirstWordTest, IsThereWhenEveryAnswerWasBad) {
    add(state(Health::unhealthy));
    add(state(Health::loading));

    EXPECT_FALSE(awaits());
}

TEST_F(FirstWordTest, IsAwaitedOfEachPool) {
    add(state(Health::healthy, true));
    add_pool();
    add(state(Health::unknown));

    EXPECT_TRUE(awaits());
}

TEST_F(FirstWordTest, OfWhoeverListsModelsIsTheList) {
    add(state(Health::healthy));

    EXPECT_TRUE(awaits());
    table.rows[0].last_error = "models: status 500";
    EXPECT_FALSE(awaits());
}

TEST_F(FirstWordTest, NeedsNoListWhereTheConfigurationNamesModels) {
    generation.pools[0].models = {"m"};
    add(state(Health::healthy));

    EXPECT_FALSE(awaits());
}

TEST_F(FirstWordTest, IsNotAwaitedOfWhoeverTakesNothing) {
    add(state(Health::unknown), 0);
    add(state(Health::unhealthy));

    EXPECT_FALSE(awaits());
}

TEST_F(FirstWordTest, IsNotAwaitedInAnEmptyPool) {
    EXPECT_FALSE(awaits());
}

}  // namespace
}  // namespace penstock::app
