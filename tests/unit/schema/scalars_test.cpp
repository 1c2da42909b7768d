#include <algorithm>

#include <gtest/gtest.h>

#include "kitchen.h"
#include "penstock/schema/read.h"

namespace penstock::schema {
namespace {

Scalar scalar(std::string_view path) {
    const std::vector<Scalar> all = scalars(k_kitchen);
    return *std::find_if(all.begin(), all.end(),
                         [&](const Scalar& each) { return each.path == path; });
}

TEST(Scalars, AreTheOptionsOfTablesThatThereAreOnce) {
    const std::vector<Scalar> all = scalars(k_kitchen);

    ASSERT_EQ(all.size(), 7U);  // the table of text has no text form
    EXPECT_EQ(all[1].path, "stove.plates");
    EXPECT_EQ(all[1].environment, "PENSTOCK_STOVE_PLATES");
    EXPECT_EQ(all[6].path, "stove.oven.shelves");
    EXPECT_EQ(all[6].environment, "PENSTOCK_STOVE_OVEN_SHELVES");
}

TEST(Scalars, TheirTablesAreToldInWords) {
    EXPECT_EQ(scalar_tables(k_kitchen), "stove or stove.oven");
}

TEST(SetScalar, ReachesATableWithinATable) {
    Kitchen kitchen;

    EXPECT_TRUE(set_scalar(scalar("stove.oven.shelves"), &kitchen, "3").empty());
    EXPECT_EQ(set_scalar(scalar("stove.oven.shelves"), &kitchen, "6").size(), 1U);

    EXPECT_EQ(kitchen.stove.oven.shelves, 3U);
}

TEST(SetScalar, ReadsEachType) {
    Kitchen kitchen;

    EXPECT_TRUE(set_scalar(scalar("stove.hot"), &kitchen, "true").empty());
    EXPECT_TRUE(set_scalar(scalar("stove.plates"), &kitchen, "8").empty());
    EXPECT_TRUE(set_scalar(scalar("stove.power"), &kitchen, "0.5").empty());
    EXPECT_TRUE(set_scalar(scalar("stove.timer"), &kitchen, "1s").empty());
    EXPECT_TRUE(set_scalar(scalar("stove.fuel"), &kitchen, "gas").empty());
    EXPECT_TRUE(set_scalar(scalar("stove.cooks"), &kitchen, "a, b").empty());

    EXPECT_TRUE(kitchen.stove.hot);
    EXPECT_EQ(kitchen.stove.plates, 8U);
    EXPECT_EQ(kitchen.stove.power, 0.5);
    EXPECT_EQ(kitchen.stove.timer, Millis{1000});
    EXPECT_EQ(kitchen.stove.fuel, Fuel::gas);
    EXPECT_EQ(kitchen.stove.cooks, (std::vector<std::string>{"a", "b"}));
}

TEST(SetScalar, RefusesWhatIsNotOfTheTypeAndSetsNothing) {
    Kitchen kitchen;

    EXPECT_EQ(set_scalar(scalar("stove.hot"), &kitchen, "yes").size(), 1U);
    EXPECT_EQ(set_scalar(scalar("stove.plates"), &kitchen, "8x").size(), 1U);
    EXPECT_EQ(set_scalar(scalar("stove.plates"), &kitchen, "").size(), 1U);
    EXPECT_EQ(set_scalar(scalar("stove.plates"), &kitchen, "9").size(), 1U);
    EXPECT_EQ(set_scalar(scalar("stove.cooks"), &kitchen, "a b").size(), 1U);

    EXPECT_FALSE(kitchen.stove.hot);
    EXPECT_EQ(kitchen.stove.plates, 4U);
    EXPECT_TRUE(kitchen.stove.cooks.empty());
}

TEST(SetScalar, EmptiesAListByAnEmptyText) {
    Kitchen kitchen;
    kitchen.stove.cooks = {"a"};

    EXPECT_TRUE(set_scalar(scalar("stove.cooks"), &kitchen, "").empty());

    EXPECT_TRUE(kitchen.stove.cooks.empty());
}

}  // namespace
}  // namespace penstock::schema
