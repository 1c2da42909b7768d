// Which growth of a backend's cache was caused by which prompt of ours, and where on its path our
// blocks of text end. Pure.
//
// Without a tokenizer nothing says so directly. A prompt of ours is taken for the cause when the
// growth came between its sending and its end, when the prompt's last whole block of tokens is in
// it, best as its last one (the engine's usage tells how many tokens the prompt has), when it
// begins where the cached part ends (where usage tells that), and when it goes on from where
// earlier blocks of ours are known to end. When two remain, nothing is concluded. Within the
// prompt, text and tokens are taken to be equally dense; where two prompts part, the error shows
// and is corrected.
#pragma once

#include <cstdint>
#include <vector>

#include "growth.h"
#include "penstock/fleet/served_prompt.h"
#include "token_paths.h"

namespace penstock::kv_events {

/// What finding may still cost: blocks and growths looked at. An engine can tell of paths on which
/// there is no end of looking, and one thread follows all engines.
class Steps {
public:
    explicit Steps(std::int64_t left) noexcept : left_{left} {}
    /// False: there are none left.
    [[nodiscard]] bool take() noexcept { return --left_ >= 0; }
    void charge(std::int64_t steps = 1) noexcept { left_ -= steps; }
    [[nodiscard]] bool spent() const noexcept { return left_ < 0; }
    [[nodiscard]] std::int64_t left() const noexcept { return left_; }
    void refill(std::int64_t more, std::int64_t most) noexcept {
        left_ = more > most - left_ ? most : left_ + more;
    }

private:
    std::int64_t left_;
};

class Pairing {
public:
    explicit Pairing(TokenPaths& paths) noexcept : paths_{paths} {}

    /// Blocks of ours whose place became known, or another: indices into the prompt's chain.
    /// Empty and `found` false: no growth can be told to be this prompt's.
    struct Outcome {
        bool found = false;
        std::vector<std::uint32_t> placed;
    };
    /// Claims the growth it finds. Nothing is concluded when `steps` end before all were looked at.
    [[nodiscard]] Outcome pair(const fleet::ServedPrompt& prompt, Growths& growths, Steps& steps);
    /// All of the prompt's blocks have known places: an engine that had it all cached tells
    /// nothing.
    [[nodiscard]] bool known(const fleet::ServedPrompt& prompt) const noexcept;

private:
    struct Step {
        PathKey key;
        std::uint32_t tokens;  // of the prompt, up to this block's end
    };
    /// The search for one prompt.
    struct Search {
        const fleet::ServedPrompt& prompt;
        const Growths& growths;
        Steps& steps;
        const Anchor* known = nullptr;  // where the deepest known block of the prompt ends
    };

    [[nodiscard]] int likeness(const Search& search, const Growth& growth, int least) const;
    [[nodiscard]] bool spans_end(const fleet::ServedPrompt& prompt, const Growth& growth) const;
    [[nodiscard]] bool begins_at_cached(const Search& search, const Growth& growth) const;
    [[nodiscard]] std::uint32_t depth_of(const fleet::ServedPrompt& prompt,
                                         const Growth& growth) const;
    [[nodiscard]] PathKey end_of(const Search& search, const Growth& growth) const;
    [[nodiscard]] bool passes(PathKey end, PathKey wanted, Steps& steps) const;
    [[nodiscard]] const Anchor* deepest_known(const fleet::ServedPrompt& prompt) const;
    [[nodiscard]] bool walk(PathKey end, std::uint32_t before, Steps& steps);
    [[nodiscard]] bool on_path(PathKey key) const;
    [[nodiscard]] PathKey meeting_point(PathKey from, PathKey fallback, Steps& steps) const;
    void place(const fleet::ServedPrompt& prompt, Outcome& outcome, Steps& steps);

    TokenPaths& paths_;
    std::vector<Step> path_;  // scratch: of the prompt being placed, its end first
};

}  // namespace penstock::kv_events
