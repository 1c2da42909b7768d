// How much text a token is at each backend: what its cache of so many tokens can hold in blocks of
// text. Differs by model, language and kind of text, from 2 bytes to 6 and more.
#pragma once

#include <atomic>
#include <cstdint>

#include "penstock/base/lazy_array.h"
#include "penstock/fleet/identity.h"

namespace penstock::fleet {

/// Prompts that engines have told the tokens of, by backend: monotonic sums. Thread: any.
class PromptSums {
public:
    struct Sum {
        std::uint64_t bytes = 0;
        std::uint64_t tokens = 0;
    };

    /// A token is taken to be half a byte to 32 bytes long, whatever was told.
    void add(Slot slot, std::uint64_t bytes, std::uint64_t tokens) noexcept;
    [[nodiscard]] Sum of(Slot slot) const noexcept;

private:
    struct Cell {
        std::atomic<std::uint64_t> bytes;
        std::atomic<std::uint64_t> tokens;
    };
    LazyArray<Cell> cells_{k_slots_max};
};

/// One backend's. Pure; one owner.
class TokenLength {
public:
    /// Bytes of a token until enough is known: English in common tokenizers.
    static constexpr double k_usual = 4;
    /// Fewer tokens say little of what comes.
    static constexpr std::uint64_t k_tokens_least = 65'536;

    /// `before`: what was told until now, perhaps of another backend.
    explicit TokenLength(const PromptSums::Sum& before) noexcept : seen_{before} {}

    /// What was told by now. True: `bytes` has changed, which it does by a quarter or more: sizing
    /// a cache anew throws out what it holds.
    bool learn(const PromptSums::Sum& sum) noexcept;
    [[nodiscard]] double bytes() const noexcept { return used_; }

private:
    PromptSums::Sum seen_;
    double shown_ = 0;  // smoothed; 0: not yet
    double used_ = k_usual;
};

}  // namespace penstock::fleet
