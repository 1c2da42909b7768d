#include "table_builder.h"

#include <gtest/gtest.h>

namespace penstock::monitor {
namespace {

const TimePoint k_start{std::chrono::hours{1}};

fleet::BackendState row(fleet::Health health) {
    fleet::BackendState made;
    made.health = health;
    return made;
}

TEST(TableBuilder, HasAnEmptyTableBeforeTheFirst) {
    const TableBuilder builder;

    ASSERT_NE(builder.last(), nullptr);
    EXPECT_EQ(builder.last()->version, 0U);
    EXPECT_FALSE(builder.changed());
}

TEST(TableBuilder, PublishesRowsByTheirSlot) {
    TableBuilder builder;
    builder.put(2, row(fleet::Health::healthy));

    const auto table = builder.publish(k_start);

    ASSERT_EQ(table->rows.size(), 3U);
    EXPECT_EQ(table->rows[0].health, fleet::Health::unknown);
    EXPECT_EQ(table->rows[2].health, fleet::Health::healthy);
    EXPECT_EQ(builder.last(), table);
}

TEST(TableBuilder, NeverChangesATableThatIsOut) {
    TableBuilder builder;
    builder.put(0, row(fleet::Health::healthy));
    const auto table = builder.publish(k_start);

    builder.put(0, row(fleet::Health::unhealthy));
    const auto next = builder.publish(k_start);

    EXPECT_EQ(table->rows[0].health, fleet::Health::healthy);
    EXPECT_EQ(next->rows[0].health, fleet::Health::unhealthy);
    EXPECT_EQ(next->version, table->version + 1);
}

TEST(TableBuilder, IsChangedFromAPutToThePublication) {
    TableBuilder builder;
    builder.put(0, row(fleet::Health::healthy));
    EXPECT_TRUE(builder.changed());

    builder.publish(k_start);
    EXPECT_FALSE(builder.changed());
}

TEST(TableBuilder, EmptiesASlotThatIsErased) {
    TableBuilder builder;
    builder.put(0, row(fleet::Health::healthy));

    builder.erase(0);
    builder.erase(7);

    EXPECT_EQ(builder.publish(k_start)->rows[0].health, fleet::Health::unknown);
}

TEST(TableBuilder, IsDueTenMillisecondsAfterTheLast) {
    TableBuilder builder;
    EXPECT_LE(builder.due(), k_start);

    builder.publish(k_start);
    builder.took(Micros{200});

    EXPECT_EQ(builder.due(), k_start + Millis{10});
}

TEST(TableBuilder, IsDueLaterWhenTablesAreCostly) {
    TableBuilder builder;
    builder.publish(k_start);

    builder.took(Micros{201});

    EXPECT_EQ(builder.due(), k_start + Micros{10'050});
}

TEST(TableBuilder, TakesTheLastSlot) {
    TableBuilder builder;

    builder.put(fleet::k_slots_max - 1, row(fleet::Health::healthy));

    EXPECT_EQ(builder.publish(k_start)->rows.size(), fleet::k_slots_max);
}

TEST(TableBuilderDeathTest, RefusesASlotPastTheLast) {
    TableBuilder builder;

    EXPECT_DEATH(builder.put(fleet::k_slots_max, fleet::BackendState{}), "");
}

}  // namespace
}  // namespace penstock::monitor
