// Connections to engines: per worker and server, never idle for longer than the engines allow. In
// plain text or with TLS, where one is used again only by who trusts and asks as it was made.
// HTTP/1.1 carries one request at a time on each, the newest first; HTTP/2 fills one with streams
// before the next is opened.
#pragma once

#include <cstdint>
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
    Millis connect_timeout{2'000};  // looking a name up, trying its addresses, TLS: all together
    Millis idle_timeout{3'000};     // vLLM and SGLang close after 5 s
    std::size_t idle_max = 1024;    // kept per backend
    Millis max_age{3'600'000};      // then no more requests, and the end with the last; 0: none
    Millis ping_after{20'000};      // of HTTP/2, see h2::ClientOptions
    Millis ping_timeout{5'000};
};

/// All engine connections of one worker. Must outlive the streams it gives out. Thread: the worker.
class Pools {
public:
    /// `seed`: of the chance in how old connections grow.
    Pools(net::Loop& loop, telemetry::WorkerMetrics& metrics, std::uint64_t seed = 1);
    ~Pools();
    Pools(const Pools&) = delete;
    Pools& operator=(const Pools&) = delete;

    void configure(const Options& options);

    /// A stream on a connection that is there and fit to carry it, or null. It may turn out to be
    /// dead: `upstream_reused_closed`.
    [[nodiscard]] std::unique_ptr<http::ClientStream> reuse(const fleet::Backend& backend);

    /// The same, but only on a connection whose end is noticed at once, since it is read all the
    /// time (HTTP/2): for requests of which not all is kept, to be sent again.
    [[nodiscard]] std::unique_ptr<http::ClientStream> join(const fleet::Backend& backend);

    /// A stream on a fresh connection, or for HTTP/2 one on which there is room by then, within the
    /// connect timeout and not later than `until`. Errors: connect_failed, connect_timeout,
    /// tls_handshake_failed, tls_verification_failed.
    /// `backend` lives until the task's end.
    [[nodiscard]] Task<Result<std::unique_ptr<http::ClientStream>>> connect(
        const fleet::Backend& backend, TimePoint until = TimePoint::max());

    /// Closes what is kept for a slot, now or after its last stream: its backend has left.
    void forget(fleet::Slot slot);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::upstream
