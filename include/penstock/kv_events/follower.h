// Follows what engines tell of their KV caches (event.h), over ZeroMQ, and tells `HeldBlocks` which
// of our prompt blocks they hold. Decision 0012 says what can be known this way.
//
// Owned by `app`, on a loop of its own: batches of many engines are a stream of work that polls and
// admin pages must not wait for.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/fleet/served_prompt.h"
#include "penstock/kv_events/held_blocks.h"

namespace penstock::net {
class Loop;
}

namespace penstock::kv_events {

/// How far a backend's events can be relied on. Only `following` is exact; else the prefix index is
/// what it is without events.
enum class State : std::uint8_t {
    connecting,    // nothing has come yet
    following,     // every rank's events come, none is missing
    disconnected,  // the connection is gone
    silent         // prompts were served there that must have stored something, and nothing came
};
[[nodiscard]] std::string_view name(State state) noexcept;

/// What came from one backend. Written by the follower, read by any thread.
struct Counts {
    std::atomic<State> state{State::connecting};
    std::atomic<std::uint64_t> stored{0};  // events of each kind
    std::atomic<std::uint64_t> removed{0};
    std::atomic<std::uint64_t> cleared{0};
    std::atomic<std::uint64_t> other{0};
    std::atomic<std::uint64_t> undecodable{0};  // messages
    std::atomic<std::uint64_t> gaps{0};         // in the numbers of batches
    std::atomic<std::uint64_t> restarts{0};
    std::atomic<std::uint64_t> replays{0};         // that came whole
    std::atomic<std::uint64_t> replays_failed{0};  // no end came, or batches were missing
    std::atomic<std::uint64_t> paired{0};          // our blocks whose place became known
    std::atomic<std::uint64_t> unpaired{0};        // and those of which it did not
    std::atomic<std::uint64_t> engine_blocks{0};   // that the engine holds
};

/// One backend's publishers.
struct Source {
    fleet::Slot slot = 0;
    std::uint64_t model = 0;  // the same for backends whose equal tokens mean equal prompts
    /// An endpoint each data-parallel rank, as in "tcp://host:5557".
    std::vector<std::string> events;
    std::vector<std::string> replays;  // the same, or empty: none is offered
    friend bool operator==(const Source&, const Source&) = default;
};

/// Where a publisher's ranks listen: `endpoint` with its port raised by one each. Of an endpoint
/// without port only the first.
[[nodiscard]] std::vector<std::string> rank_endpoints(const std::string& endpoint,
                                                      std::uint32_t ranks);

class Follower {
public:
    struct Hooks {
        /// A backend's state has changed. On the follower's thread.
        std::function<void(fleet::Slot, State)> changed;
        /// Something an operator may want to read; at most every 10 s.
        std::function<void(fleet::Slot, std::string_view)> told;
    };
    struct Followed {
        Source source;
        std::shared_ptr<Counts> counts;
    };

    /// All that is given outlives it. Thread: the loop's, here and below.
    Follower(net::Loop& loop, HeldBlocks& held, Hooks hooks);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    /// The backends from now on. Who stays the same is followed on.
    void follow(std::vector<Followed> backends);
    /// A prompt of ours was served.
    void served(fleet::ServedPrompt prompt);
    /// The engine has restarted, by other signs than its events: nothing that it told holds.
    void restarted(fleet::Slot slot);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::kv_events
