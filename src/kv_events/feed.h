// The order of one publisher's batches: numbers that begin at 0 with each process and rise by one.
// Decides what is applied, when a replay is asked for, and when what was known is void. Pure; the
// clock and the sockets are its owner's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "penstock/kv_events/event.h"

namespace penstock::kv_events {

/// Who is told. Nothing may call back into the feed.
class FeedSink {
public:
    FeedSink() = default;
    FeedSink(const FeedSink&) = delete;
    FeedSink& operator=(const FeedSink&) = delete;
    virtual ~FeedSink() = default;
    virtual void apply(const Batch& batch) = 0;
    /// Batches are missing and will not come: what is known may be wrong.
    virtual void lost() = 0;
    /// Another process numbers from the beginning: its cache was empty then.
    virtual void restarted() = 0;
    /// The replay from this number on is wanted; an earlier wish is void.
    virtual void want_replay(std::uint64_t from) = 0;
};

class Feed {
public:
    /// Batches held back while a replay runs, and their memory; with more the replay counts as
    /// failed.
    static constexpr std::size_t k_held_max = 10'000;
    static constexpr std::size_t k_held_bytes_max = std::size_t{64} << 20U;

    Feed(FeedSink& sink, bool replays) noexcept : sink_{sink}, replays_{replays} {}

    void live(std::uint64_t number, Batch batch);
    void replayed(std::uint64_t number, const Batch& batch);
    /// The replay has ended: it came to its end mark, or it will come no further.
    void replay_ended();
    /// What is known is void, and so is the count: as if nothing had come yet.
    void forget() noexcept;

    [[nodiscard]] bool replaying() const noexcept { return replaying_; }
    [[nodiscard]] bool begun() const noexcept { return next_.has_value(); }

private:
    void ask(std::uint64_t from, std::uint64_t number, Batch batch);
    void hold(std::uint64_t number, Batch batch);
    void take(std::uint64_t number, const Batch& batch);

    FeedSink& sink_;
    bool replays_;
    bool replaying_ = false;
    std::optional<std::uint64_t> next_;  // the number expected; unset: nothing was applied yet
    std::deque<std::pair<std::uint64_t, Batch>> held_;
    std::size_t held_bytes_ = 0;
};

}  // namespace penstock::kv_events
