// Connections to engines: per worker and backend, newest first, never idle for longer than the
// engines allow.
#pragma once

#include <memory>

#include "penstock/base/error.h"
#include "penstock/base/units.h"
#include "penstock/fleet/identity.h"
#include "penstock/http/stream.h"

namespace penstock::net {
class Loop;
}
namespace penstock::telemetry {
class WorkerMetrics;
}

namespace penstock::upstream {

struct Options {
    Millis connect_timeout{2'000};  // looking a name up and trying its addresses, together
    Millis idle_timeout{3'000};     // vLLM and SGLang close after 5 s
    std::size_t idle_max = 1024;    // kept per backend
};

/// All engine connections of one worker. Must outlive the streams it gives out. Thread: the worker.
class Pools {
public:
    Pools(net::Loop& loop, telemetry::WorkerMetrics& metrics);
    ~Pools();
    Pools(const Pools&) = delete;
    Pools& operator=(const Pools&) = delete;

    void configure(const Options& options);

    /// A kept connection that is fit to carry a request, or null. The newest first: the oldest may
    /// then age out.
    [[nodiscard]] std::unique_ptr<http::ClientStream> reuse(const fleet::Backend& backend);

    /// A fresh connection, within the connect timeout and not later than `until`. Errors:
    /// connect_failed, connect_timeout. `backend` lives until the task's end.
    [[nodiscard]] Task<Result<std::unique_ptr<http::ClientStream>>> connect(
        const fleet::Backend& backend, TimePoint until = TimePoint::max());

    /// Closes what is kept for a slot: its backend has left.
    void forget(fleet::Slot slot);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::upstream
