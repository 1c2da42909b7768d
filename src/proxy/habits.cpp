#include "penstock/proxy/habits.h"

#include "penstock/base/hash.h"

namespace penstock::proxy {

fleet::Habit& Habits::of(std::string_view pool, std::string_view model) noexcept {
    const std::uint64_t key = hash64(model, hash64(pool));
    fleet::Habit& habit = habits_[key % habits_.size()];
    if (habit.key != key) habit = {.key = key};
    return habit;
}

}  // namespace penstock::proxy
