// Prompts as engines see them: paths of blocks of tokens, each named by a hash of all tokens up to
// its end, so that one prompt has the same path in all engines of a model. And where on these paths
// our own blocks of text end, as far as it is known. Shared by all followed backends; pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace penstock::kv_events {

using PathKey = std::uint64_t;

/// One block of a path.
struct Path {
    PathKey parent = 0;         // none of this name: it is the first block known
    PathKey root = 0;           // where the path begins
    std::uint32_t tokens = 0;   // from the root to this block's end
    std::uint32_t holders = 0;  // backends that hold it
};

/// Where a block of ours ends.
struct Anchor {
    PathKey path = 0;
    std::uint64_t before = 0;  // our block before it
    std::uint32_t index = 0;   // in its chain
};

class TokenPaths {
public:
    /// Blocks that are remembered though nobody holds them; then the first of them is forgotten.
    static constexpr std::size_t k_remembered_max = std::size_t{1} << 16U;

    /// A block that was met without those before it: its path begins here, unknown tokens deep.
    void begin_within(PathKey root);
    /// How many tokens come before a root: 0 for a prompt's beginning; unset: unknown yet.
    [[nodiscard]] std::optional<std::uint32_t> before(PathKey root) const noexcept;
    void set_before(PathKey root, std::uint32_t tokens) noexcept;

    /// Null: nobody holds it, and nobody remembers it.
    [[nodiscard]] const Path* find(PathKey key) const noexcept;
    /// A backend holds the block from now on; `path` is what it is when it is new.
    void hold(PathKey key, const Path& path);
    /// A backend holds it no longer. What nobody holds is remembered for a while, with where our
    /// blocks end: it may be stored again, for somebody else's request.
    void release(PathKey key);

    /// Our blocks that end within this block.
    [[nodiscard]] std::span<const std::uint64_t> blocks_at(PathKey key) const noexcept;
    [[nodiscard]] const Anchor* anchor_of(std::uint64_t block) const noexcept;
    /// Notes, or corrects, where a block of ours ends. Precondition: `find` knows the path.
    void set_anchor(std::uint64_t block, const Anchor& anchor);
    /// Our chain that ends with this block, first block first; empty when a part is not known.
    void chain_to(std::uint64_t block, std::vector<std::uint64_t>& out) const;

    [[nodiscard]] std::size_t size() const noexcept { return paths_.size(); }

private:
    template <class Value>
    using Map = boost::unordered_flat_map<std::uint64_t, Value>;

    void drop_anchor(std::uint64_t block, PathKey path) noexcept;
    void forget_oldest();

    Map<Path> paths_;
    Map<std::optional<std::uint32_t>> within_;  // roots that are no prompt's beginning
    Map<Anchor> anchors_;
    Map<std::vector<std::uint64_t>> blocks_;
    std::deque<PathKey> unheld_;  // in the order of their release; some may be held again
};

}  // namespace penstock::kv_events
