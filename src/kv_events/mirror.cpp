#include "mirror.h"

#include <algorithm>
#include <utility>

#include "penstock/base/hash.h"

namespace penstock::kv_events {

namespace {

constexpr std::uint32_t k_ranks_max = 256;
constexpr std::size_t k_groups_max = 64;

std::uint64_t hash_of(std::span<const std::uint32_t> tokens, std::uint64_t seed) noexcept {
    return hash64({reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes()}, seed);
}

std::uint64_t hash_of(std::uint64_t number, std::uint64_t seed) noexcept {
    return hash64({reinterpret_cast<const char*>(&number), sizeof number}, seed);
}

/// What names a block, besides those before it: its tokens, or when they cannot be told apart by
/// block (some are left out) the engine's own name.
std::uint64_t key_of(const Event& event, std::size_t at, std::uint64_t before) noexcept {
    const std::size_t size = event.block_size;
    const bool whole = size > 0 && event.tokens.size() == event.hashes.size() * size;
    const std::uint64_t extra = at < event.extras.size() ? event.extras[at] : 0;
    if (!whole) return hash_of(event.hashes[at], before);
    return hash_of(std::span{event.tokens}.subspan(at * size, size), before ^ extra);
}

}  // namespace

Mirror::~Mirror() {
    for (const auto& [key, copies] : copies_) paths_.release(key);
}

Mirror::Names& Mirror::names_of(std::uint32_t rank) {
    rank = std::min(rank, k_ranks_max - 1);
    if (rank >= ranks_.size()) ranks_.resize(rank + 1);
    return ranks_[rank];
}

bool Mirror::skips(const Event& event) {
    if (!event.local) return true;
    if (event.kind == Event::Kind::stored && !event.full_attention &&
        other_groups_.size() < k_groups_max) {
        other_groups_.insert(event.group);
    }
    return other_groups_.contains(event.group);
}

// The path that the event's first block goes on from. Nothing: there is no room for its name.
std::optional<PathKey> Mirror::begin_of(Names& names, const Event& event,
                                        std::vector<PathKey>& news) {
    if (!event.parent) return hash64(event.lora, seeds_.model);
    const std::uint64_t name = hash_of(*event.parent, seeds_.own);
    if (const auto found = names.find(name); found != names.end()) return found->second.path;
    // Stored before we listened: it is there, but nobody knows what it holds.
    const PathKey root = name;
    if (!hold(names, {.name = name, .key = root}, {.parent = 0, .root = root}, news))
        return std::nullopt;
    paths_.begin_within(root);
    return root;
}

void Mirror::stored(std::uint32_t rank, const Event& event, TimePoint now,
                    std::vector<PathKey>& news) {
    if (skips(event) || event.hashes.empty()) return;
    Names& names = names_of(rank);
    const std::optional<PathKey> from = begin_of(names, event, news);
    if (!from) return;
    const Path* const parent = paths_.find(*from);
    Path path{.parent = *from,
              .root = parent != nullptr ? parent->root : *from,
              .tokens = parent != nullptr ? parent->tokens : 0};
    Growth growth{.at = now,
                  .from = *from,
                  .root = path.root,
                  .begin = path.tokens,
                  .block_size = event.block_size,
                  .batch = batch_};
    for (std::size_t at = 0; at < event.hashes.size(); ++at) {
        const PathKey key = key_of(event, at, path.parent);
        path.tokens += event.block_size;
        const Block block{.name = hash_of(event.hashes[at], seeds_.own), .key = key};
        if (!hold(names, block, path, news)) {
            path.tokens -= event.block_size;
            break;
        }
        path.parent = key;
    }
    growth.tip = path.parent;
    growth.end = growth.prompt_end = path.tokens;
    growths_.add(growth);
}

bool Mirror::hold(Names& names, Block block, const Path& path, std::vector<PathKey>& news) {
    if (named_ == k_names_max && !names.contains(block.name)) return false;
    Name& entry = names[block.name];
    if (entry.copies > 0 && entry.path == block.key) {
        ++entry.copies;
        return true;
    }
    if (entry.copies == 0) ++named_;
    // One name for two things: adapters that the engine does not tell apart.
    if (entry.copies > 0) {
        std::vector<PathKey> gone;
        let_go(entry.path, gone);
        release(gone);
    }
    entry = {.path = block.key, .copies = 1};
    if (++copies_[block.key] > 1) return true;
    paths_.hold(block.key, path);
    news.push_back(block.key);
    return true;
}

void Mirror::let_go(PathKey key, std::vector<PathKey>& gone) {
    const auto found = copies_.find(key);
    if (found == copies_.end() || --found->second > 0) return;
    copies_.erase(found);
    gone.push_back(key);
}

void Mirror::removed(std::uint32_t rank, const Event& event, std::vector<PathKey>& gone) {
    if (skips(event)) return;
    Names& names = names_of(rank);
    for (const std::uint64_t hash : event.hashes) {
        const auto found = names.find(hash_of(hash, seeds_.own));
        if (found == names.end() || --found->second.copies > 0) continue;
        const PathKey key = found->second.path;
        names.erase(found);
        --named_;
        let_go(key, gone);
    }
}

void Mirror::forget(std::uint32_t rank, std::vector<PathKey>& gone) {
    const Names names = std::exchange(names_of(rank), {});
    named_ -= names.size();
    for (const auto& [hash, name] : names) let_go(name.path, gone);
    growths_.clear();
}

void Mirror::release(const std::vector<PathKey>& gone) {
    for (const PathKey key : gone) paths_.release(key);
}

}  // namespace penstock::kv_events
