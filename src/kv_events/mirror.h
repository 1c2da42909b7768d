// What one backend holds, by its own word: the engine's names of blocks, and the paths they stand
// for. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "growth.h"
#include "penstock/kv_events/event.h"
#include "token_paths.h"

namespace penstock::kv_events {

class Mirror {
public:
    /// Names of one backend's blocks, those of all its ranks; what it tells beyond is not followed.
    /// An engine with blocks of 16 tokens has as many with 16 million tokens of cache.
    static constexpr std::size_t k_names_max = std::size_t{1} << 20U;

    /// Not to be guessed by an engine.
    struct Seeds {
        std::uint64_t model = 0;  // the same for backends whose equal tokens mean equal prompts
        std::uint64_t own = 0;    // no other backend's
    };
    /// `paths` outlives it.
    Mirror(TokenPaths& paths, Seeds seeds) noexcept : paths_{paths}, seeds_{seeds} {}
    ~Mirror();
    Mirror(const Mirror&) = delete;
    Mirror& operator=(const Mirror&) = delete;

    /// The paths that this backend holds from now on, and did not before, are appended to `news`.
    void stored(std::uint32_t rank, const Event& event, TimePoint now, std::vector<PathKey>& news);
    /// The paths that it does not hold any longer are appended. `release` is to be called with
    /// them: they may be forgotten then.
    void removed(std::uint32_t rank, const Event& event, std::vector<PathKey>& gone);
    /// The same for all that this rank held.
    void forget(std::uint32_t rank, std::vector<PathKey>& gone);
    void release(const std::vector<PathKey>& gone);

    /// What comes from now on came in another message.
    void next_batch() noexcept { ++batch_; }
    [[nodiscard]] bool holds(PathKey key) const noexcept { return copies_.contains(key); }
    [[nodiscard]] std::size_t size() const noexcept { return copies_.size(); }
    [[nodiscard]] std::size_t named() const noexcept { return named_; }
    [[nodiscard]] Growths& growths() noexcept { return growths_; }

private:
    struct Name {
        PathKey path = 0;
        std::uint32_t copies = 0;  // stored more often than removed: equal prompts at one time
    };
    /// By a hash of the engine's name.
    using Names = boost::unordered_flat_map<std::uint64_t, Name>;

    [[nodiscard]] Names& names_of(std::uint32_t rank);
    [[nodiscard]] std::optional<PathKey> begin_of(Names& names, const Event& event,
                                                  std::vector<PathKey>& news);
    /// A block as the engine names it (by a hash of that), and as we do.
    struct Block {
        std::uint64_t name = 0;
        PathKey key = 0;
    };
    /// False: there is no room for another name.
    bool hold(Names& names, Block block, const Path& path, std::vector<PathKey>& news);
    void let_go(PathKey key, std::vector<PathKey>& gone);
    [[nodiscard]] bool skips(const Event& event);

    TokenPaths& paths_;
    Seeds seeds_;
    std::uint64_t batch_ = 0;
    std::vector<Names> ranks_;
    std::size_t named_ = 0;                                     // names in all of them
    boost::unordered_flat_map<PathKey, std::uint32_t> copies_;  // ranks that hold it
    std::set<std::uint32_t> other_groups_;  // of layers in which no prefix can be had
    Growths growths_;
};

}  // namespace penstock::kv_events
