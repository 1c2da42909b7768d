#include "penstock/fleet/slots.h"

#include <gtest/gtest.h>

namespace penstock::fleet {
namespace {

TEST(SlotTable, GivesEachBackendItsOwnSlot) {
    SlotTable slots;

    const auto a = slots.assign("chat", "http://a");
    const auto b = slots.assign("chat", "http://b");

    ASSERT_TRUE(a && b);
    EXPECT_NE(*a, *b);
    EXPECT_EQ(slots.size(), 2U);
}

TEST(SlotTable, KeepsOneURLInTwoPoolsApart) {
    SlotTable slots;

    EXPECT_NE(slots.assign("chat", "http://a"), slots.assign("embed", "http://a"));
}

TEST(SlotTable, FindsTheOldSlotAgain) {
    SlotTable slots;
    const auto first = slots.assign("chat", "http://a");
    static_cast<void>(slots.assign("chat", "http://b"));

    EXPECT_EQ(slots.assign("chat", "http://a"), first);
    EXPECT_EQ(slots.size(), 2U);
}

TEST(SlotTable, GivesAReleasedSlotToAnother) {
    SlotTable slots;
    const auto first = slots.assign("chat", "http://a");

    slots.release(*first);

    EXPECT_EQ(slots.size(), 0U);
    EXPECT_EQ(slots.assign("chat", "http://b"), first);
    EXPECT_NE(slots.assign("chat", "http://a"), first);
}

TEST(SlotTable, ForgivesAReleaseOfWhatNobodyHas) {
    SlotTable slots;
    const auto first = slots.assign("chat", "http://a");

    slots.release(*first);
    slots.release(*first);

    EXPECT_NE(slots.assign("chat", "http://b"), slots.assign("chat", "http://c"));
}

TEST(SlotTable, RefusesOnePastTheLastSlot) {
    SlotTable slots;
    for (Slot i = 0; i < k_slots_max; ++i) {
        ASSERT_TRUE(slots.assign("chat", std::to_string(i)).has_value());
    }

    EXPECT_FALSE(slots.assign("chat", "one more").has_value());
    EXPECT_TRUE(slots.assign("chat", "0").has_value());

    slots.release(17);
    EXPECT_EQ(slots.assign("chat", "one more"), 17U);
}

}  // namespace
}  // namespace penstock::fleet
