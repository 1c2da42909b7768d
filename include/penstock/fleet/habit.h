// What the requests of one model are usually like, as one proxy or worker has seen them. Pure.
#pragma once

#include <cstdint>

#include "penstock/fleet/foreign_share.h"

namespace penstock::fleet {

struct Habit {
    std::uint64_t key = 0;
    float bytes_per_token = 4;     // of prompts: English in common tokenizers
    float uncached_tokens = 1024;  // of a prompt, to be prefilled: a short chat
    float output_tokens = 256;
    ForeignShare foreign;

    /// A request has ended. Zeros: not known.
    void learn(float bytes, float prompt, float uncached, float output) noexcept;
};

}  // namespace penstock::fleet
