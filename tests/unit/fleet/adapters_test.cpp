#include "penstock/fleet/adapters.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock::fleet {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint at(int second) {
    return TimePoint{std::chrono::seconds{second}};
}

class Place : public testing::Test {
protected:
    AdapterPlace of(AdapterId wanted) {
        AdapterHistory::Room room;
        return find_place(wanted, news, history.seen(0, room));
    }
    AdapterRoom room_of(AdapterId wanted) { return of(wanted).room; }

    std::vector<AdapterUse> at_work;
    AdapterNews news{.slots = 2, .when = at(100)};
    AdapterHistory history;
};

TEST(AdapterId, OfNoNameIsNone) {
    EXPECT_EQ(adapter_id(""), 0U);
    EXPECT_NE(adapter_id("a"), 0U);
    EXPECT_NE(adapter_id("a"), adapter_id("b"));
}

TEST_F(Place, IsFreeWhereNothingIsKnown) {
    EXPECT_EQ(room_of(1), AdapterRoom::free);
}

TEST_F(Place, IsLoadedWhereItIsAtWork) {
    at_work = {{"a", 1}, {"b", 2}};
    news.at_work = at_work;

    EXPECT_EQ(room_of(1), AdapterRoom::loaded);
}

TEST_F(Place, IsBusyWhereOthersAreAtWorkInAllSlots) {
    at_work = {{"a", 1}, {"b", 2}, {"c", 3, true}};
    news.at_work = at_work;

    EXPECT_EQ(of(4), (AdapterPlace{AdapterRoom::busy, 1}));
    EXPECT_EQ(of(3), (AdapterPlace{AdapterRoom::busy, 0}));
}

TEST_F(Place, IsLoadedWhereItWasSentAndNothingElseSince) {
    history.note(0, 1, at(10));

    EXPECT_EQ(room_of(1), AdapterRoom::loaded);
    EXPECT_EQ(room_of(2), AdapterRoom::free);
}

TEST_F(Place, OfTheLeastRecentlyUsedGoesToWhoComes) {
    history.note(0, 1, at(10));
    history.note(0, 2, at(20));
    history.note(0, 1, at(30));

    EXPECT_EQ(room_of(3), AdapterRoom::idle);
    history.note(0, 3, at(40));

    EXPECT_EQ(room_of(1), AdapterRoom::loaded);
    EXPECT_EQ(room_of(2), AdapterRoom::idle);
}

TEST_F(Place, WhatIsAtWorkKeepsItsSlotBeforeIdleOnes) {
    history.note(0, 1, at(10));
    history.note(0, 2, at(20));
    at_work = {{"c", 3}};
    news.at_work = at_work;

    EXPECT_EQ(room_of(2), AdapterRoom::loaded);
    EXPECT_EQ(room_of(1), AdapterRoom::idle);
}

TEST_F(Place, WhatWasSentSinceTheEnginesWordIsAtWork) {
    history.note(0, 1, at(100));
    history.note(0, 2, at(101));

    EXPECT_EQ(room_of(1), AdapterRoom::loaded);
    EXPECT_EQ(room_of(2), AdapterRoom::loaded);
    EXPECT_EQ(of(3), (AdapterPlace{AdapterRoom::busy, 0}));
}

TEST_F(Place, IsNeverBusyWithoutTheEnginesWord) {
    news = {};
    for (AdapterId id = 1; id <= 20; ++id) history.note(0, id, at(100 + static_cast<int>(id)));

    EXPECT_EQ(room_of(20), AdapterRoom::loaded);
    EXPECT_EQ(room_of(13), AdapterRoom::loaded);  // of 8 slots, as SGLang has them
    EXPECT_EQ(room_of(12), AdapterRoom::idle);
    EXPECT_EQ(room_of(99), AdapterRoom::idle);
}

TEST_F(Place, BelievesTheEngineThatSlotsAreTaken) {
    news.slots_used = 2;

    EXPECT_EQ(room_of(1), AdapterRoom::idle);
}

TEST_F(Place, IsOfOneBackendAlone) {
    history.note(1, 1, at(10));

    EXPECT_EQ(room_of(1), AdapterRoom::free);
}

TEST_F(Place, IsForgottenWithTheAdapterOrWithTheBackend) {
    history.note(0, 1, at(10));
    history.note(0, 2, at(11));

    history.forget(0, 1);
    EXPECT_EQ(room_of(1), AdapterRoom::free);
    EXPECT_EQ(room_of(2), AdapterRoom::loaded);

    history.flush(0);
    EXPECT_EQ(room_of(2), AdapterRoom::free);
}

TEST(AdapterHistory, OneTooManyTakesTheOldestsPlace) {
    AdapterHistory history;
    for (AdapterId id = 1; id <= AdapterHistory::k_entries + 1; ++id) {
        history.note(7, id, at(static_cast<int>(id)));
    }
    AdapterHistory::Room room;

    std::set<AdapterId> known;
    for (const AdapterHistory::Seen& each : history.seen(7, room)) known.insert(each.adapter);

    EXPECT_EQ(known.size(), AdapterHistory::k_entries);
    EXPECT_FALSE(known.contains(1));
    EXPECT_TRUE(known.contains(2));
}

/// Slots as an engine keeps them, by one request after the other.
RC_GTEST_PROP(PlaceProperty, AgreesWithAnEngineThatOnlyThisProxyUses, ()) {
    const auto slots = *rc::gen::inRange<std::size_t>(1, 8);
    const auto wanted =
        *rc::gen::container<std::vector<AdapterId>>(rc::gen::inRange<AdapterId>(1, 12));
    AdapterHistory history;
    std::vector<AdapterId> loaded;  // the last used one last
    int second = 0;
    for (const AdapterId each : wanted) {
        AdapterHistory::Room room;
        const AdapterNews news{.slots = static_cast<double>(slots), .when = at(1'000'000)};
        const AdapterRoom told = find_place(each, news, history.seen(0, room)).room;

        const auto found = std::ranges::find(loaded, each);
        RC_ASSERT((told == AdapterRoom::loaded) == (found != loaded.end()));
        if (found != loaded.end()) {
            loaded.erase(found);
        } else {
            RC_ASSERT((told == AdapterRoom::free) == (loaded.size() < slots));
            if (loaded.size() == slots) loaded.erase(loaded.begin());
        }
        loaded.push_back(each);
        history.note(0, each, at(++second));
    }
}

}  // namespace
}  // namespace penstock::fleet
