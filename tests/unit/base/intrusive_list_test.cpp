#include "penstock/base/intrusive_list.h"

#include <vector>

#include <gtest/gtest.h>

namespace penstock {
namespace {

struct Member {
    int value = 0;
    Member* next = nullptr;
    Member* previous = nullptr;
};

std::vector<int> values(const IntrusiveList<Member>& list) {
    std::vector<int> found;
    for (const Member* each = list.first(); each != nullptr; each = each->next)
        found.push_back(each->value);
    return found;
}

TEST(IntrusiveList, KeepsTheRestInOrderWhoeverLeaves) {
    for (std::size_t leaves = 0; leaves < 3; ++leaves) {
        std::vector<Member> members{{1}, {2}, {3}};
        IntrusiveList<Member> list;
        for (Member& each : members) list.push_front(each);
        EXPECT_EQ(values(list), (std::vector{3, 2, 1}));
        EXPECT_EQ(list.size(), 3U);

        list.remove(members[leaves]);
        std::vector<int> rest{3, 2, 1};
        std::erase(rest, members[leaves].value);
        EXPECT_EQ(values(list), rest);
        EXPECT_EQ(list.size(), 2U);
    }
}

TEST(IntrusiveList, IsEmptyWhenTheLastHasLeft) {
    Member member;
    IntrusiveList<Member> list;
    list.push_front(member);
    list.remove(member);
    EXPECT_EQ(list.first(), nullptr);
    EXPECT_EQ(list.size(), 0U);
}

}  // namespace
}  // namespace penstock
