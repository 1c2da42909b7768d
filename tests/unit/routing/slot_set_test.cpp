#include "slot_set.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penstock::routing {
namespace {

std::vector<fleet::Slot> sorted(const SlotSet& set) {
    std::vector<fleet::Slot> out;
    set.each([&](fleet::Slot slot) { out.push_back(slot); });
    std::ranges::sort(out);
    return out;
}

TEST(SlotSet, IsEmptyAtFirst) {
    const SlotSet set;

    EXPECT_TRUE(set.empty());
    EXPECT_EQ(set.size(), 0U);
    EXPECT_EQ(sizeof(SlotSet), 8U);
}

TEST(SlotSet, HoldsThreeInItselfAndMoreOnTheHeap) {
    SlotSet set;
    for (const fleet::Slot slot : {0U, 1U, fleet::k_slots_max - 1}) set.add(slot);
    EXPECT_EQ(set.bytes(), 0U);
    EXPECT_EQ(sorted(set), (std::vector<fleet::Slot>{0, 1, fleet::k_slots_max - 1}));

    set.add(9);

    EXPECT_GT(set.bytes(), 0U);
    EXPECT_EQ(sorted(set), (std::vector<fleet::Slot>{0, 1, 9, fleet::k_slots_max - 1}));
    set.remove(0);
    EXPECT_EQ(set.bytes(), 0U);
    EXPECT_EQ(sorted(set), (std::vector<fleet::Slot>{1, 9, fleet::k_slots_max - 1}));
}

TEST(SlotSet, MovesItsContent) {
    SlotSet from;
    for (fleet::Slot slot = 0; slot < 10; ++slot) from.add(slot);
    SlotSet to;
    to.add(77);

    to = std::move(from);

    EXPECT_EQ(to.size(), 10U);
}

RC_GTEST_PROP(SlotSet, CountsLikeAMultiset, ()) {
    SlotSet set;
    std::vector<fleet::Slot> model;
    for (int step = 0; step < 100; ++step) {
        const auto slot = *rc::gen::inRange<fleet::Slot>(0, 8);
        if (*rc::gen::arbitrary<bool>()) {
            set.add(slot);
            model.push_back(slot);
        } else {
            set.remove(slot);
            const auto found = std::ranges::find(model, slot);
            if (found != model.end()) model.erase(found);
        }
        std::ranges::sort(model);
        RC_ASSERT(set.size() == model.size());
        RC_ASSERT(set.empty() == model.empty());
        RC_ASSERT(sorted(set) == model);
    }
}

}  // namespace
}  // namespace penstock::routing
