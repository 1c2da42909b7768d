// The habits of the models that a worker has seen. Bounded: models are the clients' words.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "penstock/fleet/habit.h"

namespace penstock::proxy {

/// Thread: the worker's.
class Habits {
public:
    /// The habit of `model` in `pool`; one of another model may have to go for it.
    [[nodiscard]] fleet::Habit& of(std::string_view pool, std::string_view model) noexcept;

private:
    std::array<fleet::Habit, 256> habits_{};
};

}  // namespace penstock::proxy
