// Polls every backend, judges its health, and publishes load tables. Knows no pipeline and no
// config file.
//
// Owned by `app`; lives on the control thread (one `asio::io_context` there). Each backend has its
// own poller: its own keep-alive connections, its own jitter; a dead one delays nobody.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "penstock/base/units.h"
#include "penstock/engine/dialect.h"
#include "penstock/fleet/load.h"

namespace boost::asio {
class io_context;
}

namespace penstock::monitor {

struct PollOptions {
    bool enabled = true;  // false: healthy without a look, no samples
    fleet::Engine engine = fleet::Engine::vllm;
    engine::CustomNames names;
    Millis metrics_interval{100};
    Millis health_interval{5'000};
    Millis models_interval{30'000};
    Millis timeout{2'000};
    Millis health_timeout{5'000};
    std::uint32_t rise = 1;
    std::uint32_t fall = 3;
    std::string metrics_path, health_path,
        models_path;            // never empty here, unless the engine has none
    std::string authorization;  // value of the Authorization field, or empty
    /// The slots of its server's data-parallel ranks, by number; empty: it has none. The first is
    /// asked for all of them.
    std::vector<fleet::Slot> ranks;
    friend bool operator==(const PollOptions&, const PollOptions&) = default;
};

struct Target {
    fleet::Backend backend;
    std::string pool;  // a new backend is expected to be as fast as the others of its pool
    PollOptions options;
    /// Another rank's target is asked in its place.
    [[nodiscard]] bool follows() const noexcept {
        return !options.ranks.empty() && options.ranks.front() != backend.slot;
    }
    friend bool operator==(const Target&, const Target&) = default;
};

/// What happened to a backend, for the log and for who keeps books by slot.
struct Event {
    enum class Kind : std::uint8_t {
        up,
        down,
        restarted,
        capacity_known,
        models_changed,
        cache_off,  // its prefix cache finds nothing of what it should hold
        cache_on,   // it finds something again, or is another process
        poll_failing,
        poll_recovered
    };
    Kind kind;
    fleet::Slot slot;
    std::string url;
    std::string detail;
    double cache_tokens = 0;  // capacity_known: on the GPU and beside it
};

/// Neither hook may call `set_targets` or `forget`, nor destroy the monitor; post that.
struct MonitorHooks {
    /// A new table, at most every 10 ms. Called on the control thread.
    std::function<void(std::shared_ptr<const fleet::LoadTable>)> publish;
    /// Of backends that are not draining. From the loop, or from inside a call to the monitor.
    std::function<void(const Event&)> event;
};

class Monitor {
public:
    Monitor(boost::asio::io_context& control, const fleet::CounterSlab& counters,
            MonitorHooks hooks);
    ~Monitor();
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// The backends from now on. Who stays (same slot, same target) keeps its state; who is new
    /// starts unknown and is probed at once; who left the list is marked draining in the table
    /// until `forget`. Control thread.
    void set_targets(std::vector<Target> targets);
    /// The slot has no streams left and may be given away. Control thread.
    void forget(fleet::Slot slot);
    /// A worker's word: requests to this backend fail (connect refused, reset). Brings the next
    /// probe forward; after `fall` in a row without a good probe or answer the backend is
    /// unhealthy. Control thread.
    void report_failure(fleet::Slot slot, std::string_view what);
    /// Successful traffic is a sign of life. Control thread.
    void report_success(fleet::Slot slot);

    /// What streams of the workers showed of their backends' speed. Control thread.
    void learn(const std::vector<fleet::Observation>& seen);

    [[nodiscard]] std::shared_ptr<const fleet::LoadTable> table() const;
    /// Publishes what is known without waiting for the next table's time: after new targets, so
    /// that requests find their rows. Control thread.
    void publish_now();
    void stop();  // cancels all polls; control thread

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Any of them may destroy the discovery.
struct DiscoveryHooks {
    /// The set differs from the last one told. Literals, sorted.
    std::function<void(const std::vector<std::string>& addresses)> changed;
    /// At each answer, before `changed`; may be empty.
    std::function<void()> answered;
    /// At each failure, with the resolver's words.
    std::function<void(std::string_view why)> failed;
};

/// Resolves a DNS name to all its A and AAAA records, again and again; keeps the last good answer.
/// Control thread.
class Discovery {
public:
    Discovery(boost::asio::io_context& control, std::string host, Millis interval,
              DiscoveryHooks hooks);
    ~Discovery();
    Discovery(const Discovery&) = delete;
    Discovery& operator=(const Discovery&) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::monitor
