// Publishes KV-cache events as an engine does, for simulated engines and tests. Thread: the loop's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "penstock/kv_events/event.h"

namespace penstock::net {
class Loop;
}

namespace penstock::kv_events {

class Publisher {
public:
    struct Options {
        std::string events;   // where it is bound, as in "tcp://127.0.0.1:5557"
        std::string replays;  // the same; empty: none are offered
        Form form = Form::map;
    };
    /// Batches kept for replays, as vLLM does by default.
    static constexpr std::size_t k_kept = 10'000;

    /// Errors: io_failed with the endpoint.
    [[nodiscard]] static Result<std::unique_ptr<Publisher>> open(net::Loop& loop,
                                                                 const Options& options);
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    void publish(const Batch& batch, double time);
    /// A new process in its place: numbers begin anew, nothing is kept.
    void restart();
    /// As bound: with the port, where it was to be chosen.
    [[nodiscard]] const std::string& events() const noexcept;
    [[nodiscard]] const std::string& replays() const noexcept;

private:
    struct Impl;
    explicit Publisher(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::kv_events
