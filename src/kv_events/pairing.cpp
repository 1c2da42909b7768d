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

// Where the first of the parts that lead to this growth began.
std::uint32_t Pairing::begin_of(const fleet::ServedPrompt& prompt, const Growth& growth,
                                const Growths& growths) const {
    const Growth* first = &growth;
    for (int part = 0; part < k_parts_max; ++part) {
        const Growth* before = growths.ending_at(first->from);
        if (before == nullptr || before == first || before->claimed) break;
        if (before->at < prompt.sent - k_early) break;
        first = before;
    }
    return depth_of(prompt, growth) + first->begin;
}

PathKey Pairing::end_of(const fleet::ServedPrompt& prompt, const Growth& growth) const {
    const std::uint32_t end =
        whole_blocks(prompt.tokens, growth.block_size) - depth_of(prompt, growth);
    PathKey key = growth.tip;
    const Path* path = paths_.find(key);
    while (path != nullptr && path->tokens > end) {
        key = path->parent;
        path = paths_.find(key);
    }
    return path == nullptr ? 0 : key;
}

bool Pairing::passes(PathKey end, PathKey wanted) const {
    const Path* const target = paths_.find(wanted);
    if (target == nullptr) return false;
    const std::uint32_t tokens = target->tokens;  // `find` below may not be relied on to keep it
    for (const Path* path = paths_.find(end); path != nullptr && path->tokens >= tokens;
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

int Pairing::likeness(const fleet::ServedPrompt& prompt, const Growth& growth,
                      const Growths& growths) const {
    if (growth.claimed || growth.at > prompt.ended + k_late) return k_unlike;
    if (!spans_end(prompt, growth)) return k_unlike;
    const PathKey end = end_of(prompt, growth);
    if (end == 0) return k_unlike;
    // A prompt is stored to its end, and its answer block by block; a longer prompt has another
    // end.
    const bool ends_there = depth_of(prompt, growth) + growth.prompt_end ==
                            whole_blocks(prompt.tokens, growth.block_size);
    int points = ends_there ? 4 : 0;
    const bool told = prompt.cached_tokens > 0;
    const bool begins_there = begin_of(prompt, growth, growths) == prompt.cached_tokens;
    if (told && !begins_there) return k_unlike;
    if (begins_there) points += 2;
    if (const Anchor* anchor = deepest_known(prompt); anchor && passes(end, anchor->path)) ++points;
    return points;
}

Pairing::Outcome Pairing::pair(const fleet::ServedPrompt& prompt, Growths& growths) {
    Growth* best = nullptr;
    int points = k_unlike;
    bool alone = true;
    auto& all = growths.all();
    for (std::size_t at = all.size(); at-- > 0 && all[at].at >= prompt.sent - k_early;) {
        const int like = likeness(prompt, all[at], growths);
        if (like == k_unlike || like < points) continue;
        // Equal prompts that were computed side by side are one path.
        alone = like > points || (alone && end_of(prompt, all[at]) == end_of(prompt, *best));
        best = &all[at];
        points = like;
    }
    Outcome outcome;
    if (best == nullptr || !alone) return outcome;
    outcome.found = true;
    best->claimed = true;
    const std::uint32_t before = depth_of(prompt, *best);
    const PathKey end = end_of(prompt, *best);
    paths_.set_before(best->root, before);
    walk(end, before);
    place(prompt, outcome);
    return outcome;
}

void Pairing::walk(PathKey end, std::uint32_t before) {
    path_.clear();
    for (const Path* path = paths_.find(end); path != nullptr; path = paths_.find(end)) {
        path_.push_back({end, before + path->tokens});
        if (end == path->parent) break;
        end = path->parent;
    }
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
PathKey Pairing::meeting_point(PathKey from, PathKey fallback) const {
    for (int back = 0; back < k_back_max; ++back) {
        if (on_path(from)) return from;
        const Path* path = paths_.find(from);
        if (path == nullptr) break;
        from = path->parent;
    }
    return fallback;
}

void Pairing::place(const fleet::ServedPrompt& prompt, Outcome& outcome) {
    if (path_.empty() || prompt.bytes == 0) return;
    const double density = static_cast<double>(prompt.tokens) / static_cast<double>(prompt.bytes);
    std::size_t step = 0;
    for (std::size_t at = prompt.blocks.size(); at-- > 0;) {
        const double text = static_cast<double>(at + 1) * prompt.block_bytes;
        const auto tokens = static_cast<std::uint32_t>(text * density);
        while (step + 1 < path_.size() && path_[step + 1].tokens >= tokens) ++step;
        PathKey key = path_[step].key;
        if (const Anchor* old = paths_.anchor_of(prompt.blocks[at])) {
            key = meeting_point(old->path, key);
            if (key == old->path) continue;
        }
        paths_.set_anchor(prompt.blocks[at], {.path = key,
                                              .before = at == 0 ? 0 : prompt.blocks[at - 1],
                                              .index = static_cast<std::uint32_t>(at)});
        outcome.placed.push_back(static_cast<std::uint32_t>(at));
    }
}

}  // namespace penstock::kv_events
