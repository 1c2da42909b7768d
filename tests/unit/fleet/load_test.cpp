#include "penstock/fleet/load.h"

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

TEST(StateOf, IsTheSlotsRowUpToTheLast) {
    LoadTable table;
    table.rows.resize(2);

    EXPECT_EQ(state_of(table, 1), &table.rows[1]);
}

TEST(StateOf, IsNullBehindTheLastRow) {
    LoadTable table;
    table.rows.resize(2);

    EXPECT_EQ(state_of(table, 2), nullptr);
}

}  // namespace
}  // namespace penstock::fleet
