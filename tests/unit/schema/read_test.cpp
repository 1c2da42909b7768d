#include "penstock/schema/read.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "kitchen.h"

namespace penstock::schema {
namespace {

struct Read {
    Kitchen kitchen;
    Reading reading;
};

Read read(std::string_view text) {
    Read out;
    const auto parsed = parse_toml(text);
    read_document(k_kitchen, &out.kitchen, std::get<Node>(parsed), out.reading);
    return out;
}

std::string only_message(const Read& read) {
    if (read.reading.findings.size() != 1) {
        ADD_FAILURE() << read.reading.findings.size() << " findings";
        return "";
    }
    return read.reading.findings[0].message;
}

TEST(ReadDocument, LeavesDefaultsOfAnEmptyOne) {
    const Read done = read("");

    EXPECT_TRUE(done.reading.findings.empty());
    EXPECT_EQ(done.kitchen.stove.plates, 4U);
    EXPECT_TRUE(done.kitchen.shelves.empty());
}

TEST(ReadDocument, SetsEveryType) {
    const Read done = read(
        "[stove]\nhot = true\nplates = 8\npower = 2\ntimer = \"1s\"\nfuel = \"gas\"\n"
        "cooks = [\"a\", \"b\"]\nlabels = { x = \"y\" }\n");

    const Stove& stove = done.kitchen.stove;
    EXPECT_TRUE(done.reading.findings.empty());
    EXPECT_TRUE(stove.hot);
    EXPECT_EQ(stove.plates, 8U);
    EXPECT_EQ(stove.power, 2.0);
    EXPECT_EQ(stove.timer, Millis{1000});
    EXPECT_EQ(stove.fuel, Fuel::gas);
    EXPECT_EQ(stove.cooks, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(stove.labels.at("x"), "y");
}

TEST(ReadDocument, ReadsListsWithinLists) {
    const Read done = read(
        "[[shelf]]\npots = [{ name = \"a\" }, { name = \"b\", volume = \"2KiB\" }]\n"
        "[[shelf]]\nlabel = \"low\"\n");

    ASSERT_EQ(done.kitchen.shelves.size(), 2U);
    EXPECT_EQ(done.kitchen.shelves[0].pots.at(1).volume, 2_KiB);
    EXPECT_EQ(done.kitchen.shelves[1].label, "low");
}

TEST(ReadDocument, KeepsThePlacesOfAllItRead) {
    const Read done =
        read("[stove]\ncooks = [\"a\", \"b\"]\n[[shelf]]\npots = [{ name = \"a\" }]\n");

    EXPECT_EQ(done.reading.places.at("stove.cooks[1]"), (Place{2, 15}));
    EXPECT_EQ(done.reading.places.at("shelf[0].pots[0].name"), (Place{4, 18}));
    EXPECT_EQ(done.reading.places.at("shelf[0]").line, 3U);
}

TEST(ReadDocument, TakesBoundsAndNothingBeyond) {
    EXPECT_TRUE(read("[stove]\nplates = 1\n").reading.findings.empty());
    EXPECT_TRUE(read("[stove]\nplates = 8\n").reading.findings.empty());
    EXPECT_EQ(only_message(read("[stove]\nplates = 0\n")),
              "\"plates\" is 0; it must be an integer from 1 to 8");
    EXPECT_EQ(only_message(read("[stove]\nplates = 9\n")),
              "\"plates\" is 9; it must be an integer from 1 to 8");
}

TEST(ReadDocument, TakesZeroBelowARangeWhereItMeansSomething) {
    EXPECT_TRUE(read("[stove]\ntimer = \"0s\"\n").reading.findings.empty());
    EXPECT_EQ(only_message(read("[stove]\ntimer = \"99ms\"\n")),
              "\"timer\" is \"99ms\"; it must be a duration from 100ms to 1m, or 0 (off)");
}

TEST(ReadDocument, LeavesTheDefaultOfAWrongValue) {
    const Read done = read("[stove]\nplates = 9\nhot = true\n");

    EXPECT_EQ(done.kitchen.stove.plates, 4U);
    EXPECT_TRUE(done.kitchen.stove.hot);
}

TEST(ReadDocument, TellsAllMistakesOfAList) {
    const Read done = read("[stove]\ncooks = [\"a b\", 1, \"c\", \"d e\"]\n");

    ASSERT_EQ(done.reading.findings.size(), 3U);
    EXPECT_EQ(done.reading.findings[0].message, "\"cooks\": \"a b\" has a space");
    EXPECT_EQ(done.reading.findings[2].place, (Place{2, 25}));
    EXPECT_TRUE(done.kitchen.stove.cooks.empty());
}

TEST(ReadDocument, TakesAsManyTablesAsAllowed) {
    EXPECT_TRUE(read("[[shelf]]\n[[shelf]]\n").reading.findings.empty());

    const Read done = read("[[shelf]]\n[[shelf]]\n[[shelf]]\n");

    EXPECT_EQ(only_message(done), "more than 2 times [[shelf]]");
    EXPECT_EQ(done.reading.findings[0].place.line, 3U);
}

TEST(ReadDocument, TakesAsLongTextsAndListsAsAllowed) {
    const std::string text(4096, 'a');
    std::string list;
    for (int n = 0; n < 1024; ++n) list += "\"a\",";

    EXPECT_TRUE(read("[stove]\ncooks = [\"" + text + "\"]\n").reading.findings.empty());
    EXPECT_FALSE(read("[stove]\ncooks = [\"a" + text + "\"]\n").reading.findings.empty());
    EXPECT_TRUE(read("[stove]\ncooks = [" + list + "]\n").reading.findings.empty());
    EXPECT_FALSE(read("[stove]\ncooks = [" + list + "\"a\"]\n").reading.findings.empty());
}

TEST(ReadDocument, MarksListsItCouldNotReadAsBroken) {
    EXPECT_TRUE(read("shelf = 1\n").reading.broken.contains("shelf"));
    EXPECT_TRUE(read("[[shelf]]\npots = [\"a\"]\n").reading.broken.contains("shelf[0].pots"));
    EXPECT_TRUE(read("[[shelf]]\npots = []\n").reading.broken.empty());
}

TEST(ReadDocument, HintsAtTheTableAnOptionBelongsTo) {
    const Read done = read("[[shelf]]\nplates = 2\n[stove]\npots = []\n");

    ASSERT_EQ(done.reading.findings.size(), 2U);
    EXPECT_EQ(done.reading.findings[0].hint, "\"plates\" belongs in [stove]");
    EXPECT_EQ(done.reading.findings[1].hint, "\"pots\" belongs in [[shelf]]");
}

TEST(EffectiveValues, ListsEveryOptionAndHidesSecrets) {
    Kitchen kitchen;
    kitchen.stove.labels = {{"api-key", "hush"}, {"zone", "a"}};
    kitchen.shelves.resize(1);
    kitchen.shelves[0].pots.push_back({"a", 2_KiB});

    std::string all;
    for (const Value& value : effective_values(k_kitchen, &kitchen)) {
        all += value.path + " = " + value.text + "\n";
    }

    EXPECT_EQ(all,
              "stove.hot = false\nstove.plates = 4\nstove.power = 1.5\nstove.timer = \"0s\"\n"
              "stove.fuel = \"wood\"\nstove.cooks = []\nstove.labels.api-key = \"***\"\n"
              "stove.labels.zone = \"a\"\nstove.oven.shelves = 2\nshelf[0].label = \"\"\n"
              "shelf[0].pots[0].name = \"a\"\nshelf[0].pots[0].volume = \"2KiB\"\n");
}

TEST(RestartDifferences, NamesOnlyWhatNeedsOne) {
    Kitchen before;
    Kitchen after;
    after.stove.hot = true;
    EXPECT_TRUE(restart_differences(k_kitchen, &before, &after).empty());

    after.stove.plates = 5;
    after.stove.oven.shelves = 3;

    EXPECT_EQ(restart_differences(k_kitchen, &before, &after),
              (std::vector<std::string>{"stove.plates", "stove.oven.shelves"}));
}

TEST(Differences, NamesEachOptionThatDiffersAndTablesThatCameOrWent) {
    Kitchen before;
    before.shelves.resize(2);
    Kitchen after = before;
    EXPECT_TRUE(differences(k_kitchen, &before, &after).empty());

    after.stove.hot = true;
    after.stove.oven.shelves = 3;
    after.shelves[1].label = "b";
    after.shelves[1].pots.push_back({"a", 2_KiB});
    after.shelves.emplace_back();

    EXPECT_EQ(differences(k_kitchen, &before, &after),
              (std::vector<std::string>{"stove.hot", "stove.oven.shelves", "shelf[1].label",
                                        "shelf[1].pots[0] (new)", "shelf[2] (new)"}));
    EXPECT_EQ(differences(k_kitchen, &after, &before).back(), "shelf[2] (gone)");
}

}  // namespace
}  // namespace penstock::schema
