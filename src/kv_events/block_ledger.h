// What the followed backends hold of our prompts: their events and our prompts put together. Tells
// `HeldBlocks` of each change. Pure; one owner.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "mirror.h"
#include "pairing.h"
#include "penstock/fleet/served_prompt.h"
#include "penstock/kv_events/held_blocks.h"
#include "token_paths.h"

namespace penstock::kv_events {

class BlockLedger {
public:
    /// Prompts of one backend whose growth has not been found yet; older ones are given up.
    static constexpr std::size_t k_waiting_max = 16;
    /// Looking for growths: a prompt of 128 k tokens in blocks of one token is found by half of
    /// these, in some 20 ms. They come back at a rate that leaves most of the thread's time to the
    /// other backends.
    static constexpr std::int64_t k_steps_max = std::int64_t{1} << 19U;
    static constexpr std::int64_t k_steps_per_ms = 2'000;

    /// `salt`: a random number that engines cannot know, who choose the names of what is looked up
    /// here. Without it they could choose such that all look-ups become slow.
    explicit BlockLedger(HeldBlocks& held, std::uint64_t salt = 0) noexcept
        : held_{held}, salt_{salt} {}

    /// Follows this backend from now on. `model`: see `Mirror::Seeds`.
    void open(fleet::Slot slot, std::uint64_t model);
    /// Follows it no longer; what was told of it stays believed.
    void close(fleet::Slot slot);

    void apply(fleet::Slot slot, const Batch& batch, TimePoint now);
    /// The events of this rank are void: what they told is not followed any longer, but stays
    /// believed, since most of it is still there.
    void forget(fleet::Slot slot, std::uint32_t rank);
    /// The rank's cache is empty.
    void clear(fleet::Slot slot, std::uint32_t rank);

    /// Our blocks by what came of them.
    struct Paired {
        std::uint64_t paired = 0;
        std::uint64_t unpaired = 0;
    };
    /// A prompt of ours was served there. What comes of one whose events have yet to come is said
    /// by `try_waiting`.
    Paired served(fleet::ServedPrompt prompt);
    /// What has come of those that wait, after events have come or time has passed.
    Paired try_waiting(fleet::Slot slot, TimePoint now);
    /// The engine had something to store for this prompt, as far as we know.
    [[nodiscard]] bool expects_events(const fleet::ServedPrompt& prompt) const noexcept;

    [[nodiscard]] std::size_t blocks(fleet::Slot slot) const noexcept;

private:
    struct Backend {
        Backend(fleet::Slot its_slot, TokenPaths& paths, Mirror::Seeds seeds)
            : slot{its_slot}, mirror{paths, seeds} {}
        fleet::Slot slot;
        Mirror mirror;
        std::uint32_t ranks = 1;  // that have told anything
        std::deque<fleet::ServedPrompt> waiting;
        Steps steps{k_steps_max};
        TimePoint refilled{};
    };

    void apply(Backend& backend, std::uint32_t rank, const Event& event, TimePoint now);
    void tell_gone(Backend& backend, const std::vector<PathKey>& gone);
    void tell_news(Backend& backend, const std::vector<PathKey>& news);
    [[nodiscard]] bool try_pair(const fleet::ServedPrompt& prompt, Backend& backend);
    static void refill(Backend& backend, TimePoint now) noexcept;
    void tell_placed(const fleet::ServedPrompt& prompt, const std::vector<std::uint32_t>& placed);

    HeldBlocks& held_;
    std::uint64_t salt_;
    TokenPaths paths_;
    Pairing pairing_{paths_};
    std::map<fleet::Slot, std::unique_ptr<Backend>> backends_;
    std::vector<PathKey> changed_;      // scratch
    std::vector<std::uint64_t> chain_;  // scratch
};

}  // namespace penstock::kv_events
