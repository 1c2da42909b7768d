#include "pairing.h"

#include <algorithm>

namespace penstock::kv_events {

namespace {

// Nothing is stored for a prompt before it is sent; two threads' readings of the clock differ a
// little.
constexpr Millis k_early{1};
// Events and answers come over different connections.
constexpr Millis k_late{2'000};
// Blocks that are looked back for where two prompts part: the error of "equally dense" is smaller.
constexpr int k_back_max = 256;
// Growths that belong to one prompt, prefilled in parts.
constexpr int k_parts_max = 1024;

// Most are dismissed at a glance.
constexpr std::size_t k_growths_per_step = 4;

constexpr int k_unlike = -1;

std::uint32_t whole_blocks(std::uint32_t tokens, std::uint32_t block_size) noexcept {
    return block_size == 0 ? 0 : tokens / block_size * block_size;
}

}  // namespace

// Tokens of the prompt before the growth's root. Where that is not known yet the cached part says.
std::uint32_t Pairing::depth_of(const fleet::ServedPrompt& prompt, const Growth& growth) const {
    return paths_.before(growth.root).value_or(prompt.cached_tokens);
}

bool Pairing::spans_end(const fleet::ServedPrompt& prompt, const Growth& growth) const {
    const std::uint32_t before = depth_of(prompt, growth);
    const std::uint32_t end = whole_blocks(prompt.tokens, growth.block_size);
    const bool unknown = !paths_.before(growth.root);
    if (unknown && prompt.cached_tokens == 0) return false;
    return end > before + growth.begin && end <= before + growth.end;
}

// The first of the parts that lead to this growth began where the prompt's cached part ends.
bool Pairing::begins_at_cached(const Search& search, const Growth& growth) const {
    const std::uint32_t depth = depth_of(search.prompt, growth);
    const Growth* first = &growth;
    for (int part = 0; part < k_parts_max && search.steps.take(); ++part) {
        if (depth + first->begin < search.prompt.cached_tokens) return false;  // and so do earlier
        const Growth* before = search.growths.ending_at(first->from);
        if (before == nullptr || before == first || before->claimed) break;
        if (before->at < search.prompt.sent - k_early) break;
        first = before;
    }
    return depth + first->begin == search.prompt.cached_tokens;
}

PathKey Pairing::end_of(const Search& search, const Growth& growth) const {
    const std::uint32_t end =
        whole_blocks(search.prompt.tokens, growth.block_size) - depth_of(search.prompt, growth);
    PathKey key = growth.tip;
    const Path* path = paths_.find(key);
    while (path != nullptr && path->tokens > end) {
        if (!search.steps.take()) return 0;
        key = path->parent;
        path = paths_.find(key);
    }
    return path == nullptr ? 0 : key;
}

bool Pairing::passes(PathKey end, PathKey wanted, Steps& steps) const {
    const Path* const target = paths_.find(wanted);
    if (target == nullptr) return false;
    const std::uint32_t tokens = target->tokens;  // `find` below may not be relied on to keep it
    for (const Path* path = paths_.find(end);
         path != nullptr && path->tokens >= tokens && steps.take();
         end = path->parent, path = paths_.find(end)) {
        if (end == wanted) return true;
    }
    return false;
}

const Anchor* Pairing::deepest_known(const fleet::ServedPrompt& prompt) const {
    for (std::size_t at = prompt.blocks.size(); at-- > 0;) {
        if (const Anchor* anchor = paths_.anchor_of(prompt.blocks[at])) return anchor;
    }
    return nullptr;
}

bool Pairing::known(const fleet::ServedPrompt& prompt) const noexcept {
    return paths_.anchor_of(prompt.blocks.back()) != nullptr;
}

// Cheap questions first. `least`: with fewer points it does not matter.
int Pairing::likeness(const Search& search, const Growth& growth, int least) const {
    const fleet::ServedPrompt& prompt = search.prompt;
    if (growth.claimed || growth.at > prompt.ended + k_late) return k_unlike;
    if (!spans_end(prompt, growth)) return k_unlike;
    // A prompt is stored to its end, and its answer block by block; a longer prompt has another
    // end.
    const bool ends_there = depth_of(prompt, growth) + growth.prompt_end ==
                            whole_blocks(prompt.tokens, growth.block_size);
    constexpr int k_ends = 4;
    constexpr int k_begins = 2;
    constexpr int k_passes = 1;
    int points = ends_there ? k_ends : 0;
    if (points + k_begins + k_passes < least) return k_unlike;
    const bool begins_there = begins_at_cached(search, growth);
    if (prompt.cached_tokens > 0 && !begins_there) return k_unlike;
    if (begins_there) points += k_begins;
    if (points + k_passes < least) return k_unlike;
    const PathKey end = end_of(search, growth);
    if (end == 0) return k_unlike;
    const bool passes_known =
        search.known != nullptr && passes(end, search.known->path, search.steps);
    return passes_known ? points + k_passes : points;
}

Pairing::Outcome Pairing::pair(const fleet::ServedPrompt& prompt, Growths& growths, Steps& steps) {
    const Search search{
        .prompt = prompt, .growths = growths, .steps = steps, .known = deepest_known(prompt)};
    Growth* best = nullptr;
    int points = k_unlike;
    bool alone = true;
    auto& all = growths.all();
    for (std::size_t at = all.size(); at-- > 0 && all[at].at >= prompt.sent - k_early;) {
        if (at % k_growths_per_step == 0 && !steps.take()) break;
        const int like = likeness(search, all[at], points);
        if (like == k_unlike || like < points) continue;
        // Equal prompts that were computed side by side are one path.
        alone = like > points || (alone && end_of(search, all[at]) == end_of(search, *best));
        best = &all[at];
        points = like;
    }
    Outcome outcome;
    if (best == nullptr || !alone || steps.spent()) return outcome;
    const std::uint32_t before = depth_of(prompt, *best);
    if (!walk(end_of(search, *best), before, steps)) return outcome;
    outcome.found = true;
    best->claimed = true;
    paths_.set_before(best->root, before);
    place(prompt, outcome, steps);
    return outcome;
}

// False: the steps have ended before the path.
bool Pairing::walk(PathKey end, std::uint32_t before, Steps& steps) {
    path_.clear();
    for (const Path* path = paths_.find(end); path != nullptr; path = paths_.find(end)) {
        if (!steps.take()) return false;
        path_.push_back({end, before + path->tokens});
        if (end == path->parent) break;
        end = path->parent;
    }
    return true;
}

bool Pairing::on_path(PathKey key) const {
    const Path* path = paths_.find(key);
    if (path == nullptr || path_.empty()) return false;
    const Path* last = paths_.find(path_.front().key);
    if (path->root != last->root || path->tokens > last->tokens) return false;
    const std::uint32_t tokens = path_.front().tokens - (last->tokens - path->tokens);
    const auto found =
        std::ranges::lower_bound(path_, tokens, std::ranges::greater{}, &Step::tokens);
    return found != path_.end() && found->key == key;
}

// Where the path that a block was believed on meets this one: the block's text is common to both.
PathKey Pairing::meeting_point(PathKey from, PathKey fallback, Steps& steps) const {
    for (int back = 0; back < k_back_max; ++back) {
        steps.charge();  // and goes on: a prompt is not placed by halves
        if (on_path(from)) return from;
        const Path* path = paths_.find(from);
        if (path == nullptr) break;
        from = path->parent;
    }
    return fallback;
}

void Pairing::place(const fleet::ServedPrompt& prompt, Outcome& outcome, Steps& steps) {
    if (path_.empty() || prompt.bytes == 0) return;
    const double density = static_cast<double>(prompt.tokens) / static_cast<double>(prompt.bytes);
    std::size_t step = 0;
    for (std::size_t at = prompt.blocks.size(); at-- > 0;) {
        const double text = static_cast<double>(at + 1) * prompt.block_bytes;
        const auto tokens = static_cast<std::uint32_t>(text * density);
        while (step + 1 < path_.size() && path_[step + 1].tokens >= tokens) ++step;
        PathKey key = path_[step].key;
        if (const Anchor* old = paths_.anchor_of(prompt.blocks[at])) {
            key = meeting_point(old->path, key, steps);
            if (key == old->path) continue;
        }
        paths_.set_anchor(prompt.blocks[at], {.path = key,
                                              .before = at == 0 ? 0 : prompt.blocks[at - 1],
                                              .index = static_cast<std::uint32_t>(at)});
        outcome.placed.push_back(static_cast<std::uint32_t>(at));
    }
}

}  // namespace penstock::kv_events
