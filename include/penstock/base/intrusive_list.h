// A list whose links its members carry: joined and left in O(1), without memory of its own.
#pragma once

#include <cstddef>

namespace penstock {

/// Members have `next` and `previous`, null at first, and are in one list at a time. Owns nothing.
/// Thread: its owner's.
template <class Member>
class IntrusiveList {
public:
    void push_front(Member& member) noexcept {
        member.next = first_;
        if (first_ != nullptr) first_->previous = &member;
        first_ = &member;
        ++size_;
    }
    /// Precondition: it is in this list.
    void remove(Member& member) noexcept {
        if (member.previous != nullptr) {
            member.previous->next = member.next;
        } else {
            first_ = member.next;
        }
        if (member.next != nullptr) member.next->previous = member.previous;
        --size_;
    }

    /// The one that came last, or null; the others by `next`.
    [[nodiscard]] Member* first() const noexcept { return first_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    Member* first_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace penstock
