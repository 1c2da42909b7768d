#include "series.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "cells.h"

namespace penstock::telemetry {
namespace {

using Table = SeriesTable<Counter, 2>;

Counter& at(Table& table, std::string_view first, std::string_view second) {
    return table.at({LabelValue{first}, LabelValue{second}});
}

std::vector<std::string> firsts(const Table& table) {
    std::vector<std::string> values;
    table.each([&](const Table::Series& series) { values.push_back(series.values[0]); });
    return values;
}

void fill(Table& table) {
    for (std::size_t at_most = 0; at_most < Table::k_series_max; ++at_most) {
        at(table, "value " + std::to_string(at_most), "x").add(1);
    }
}

TEST(SeriesTable, FindsTheSameCellsForTheSameValues) {
    Table table;

    at(table, "a", "b").add(1);
    at(table, std::string{"a"}, std::string{"b"}).add(2);

    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(at(table, "a", "b").read(), 3U);
}

TEST(SeriesTable, TellsValuesInAnotherOrderApart) {
    Table table;

    at(table, "a", "b").add(1);
    at(table, "b", "a").add(1);
    at(table, "ab", "").add(1);

    EXPECT_EQ(table.size(), 3U);
}

TEST(SeriesTable, ShowsSeriesInTheOrderTheyCame) {
    Table table;

    at(table, "third", "").add(1);
    at(table, "first", "").add(1);

    EXPECT_EQ(firsts(table), (std::vector<std::string>{"third", "first"}));
}

TEST(SeriesTable, KeepsAsManySeriesAsItsBound) {
    Table table;

    fill(table);

    EXPECT_EQ(table.size(), Table::k_series_max);
    EXPECT_EQ(at(table, "value 0", "x").read(), 1U);
}

TEST(SeriesTable, CountsOnePastItsBoundAsOther) {
    Table table;
    fill(table);

    at(table, "one more", "x").add(1);
    at(table, "and another", "y").add(1);

    EXPECT_EQ(table.size(), Table::k_series_max + 1);
    EXPECT_EQ(firsts(table).back(), "other");
    std::uint64_t last = 0;
    table.each([&](const Table::Series& series) { last = series.cells.read(); });
    EXPECT_EQ(last, 2U);
}

TEST(SeriesTable, StillFindsOldSeriesWhenFull) {
    Table table;
    fill(table);
    at(table, "one more", "x").add(1);

    at(table, "value 1023", "x").add(1);

    EXPECT_EQ(at(table, "value 1023", "x").read(), 2U);
}

TEST(SeriesTable, MayBeReadWhileItGrows) {
    Table table;
    std::atomic<bool> done{false};
    std::size_t torn = 0;
    std::thread reader{[&] {
        bool last_round = false;
        while (!last_round) {
            last_round = done.load();
            table.each([&](const Table::Series& series) {
                if (series.values[1] != "x") ++torn;
            });
        }
    }};

    fill(table);
    done.store(true);
    reader.join();

    EXPECT_EQ(torn, 0U);
    EXPECT_EQ(firsts(table).size(), Table::k_series_max);
}

}  // namespace
}  // namespace penstock::telemetry
