// What the requests of one model are usually like, as one worker has seen them. Bounded: models are
// the clients' words.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace penstock::proxy {

struct Habit {
    std::uint64_t key = 0;
    float bytes_per_token = 4;     // of prompts: English in common tokenizers
    float uncached_tokens = 1024;  // of a prompt, to be prefilled: a short chat
    float output_tokens = 256;

    /// A request has ended. Zeros: not known.
    void learn(float bytes, float prompt, float uncached, float output) noexcept;
};

/// Thread: the worker's.
class Habits {
public:
    /// The habit of `model` in `pool`; one of another model may have to go for it.
    [[nodiscard]] Habit& of(std::string_view pool, std::string_view model) noexcept;

private:
    std::array<Habit, 256> habits_{};
};

}  // namespace penstock::proxy
