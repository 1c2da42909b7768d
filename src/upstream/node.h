// One backend's connections on one worker, in the protocols that it speaks.
#pragma once

#include <memory>

#include "dialer.h"
#include "h1_list.h"
#include "h2_list.h"

namespace penstock::upstream {

class Node {
public:
    Node(net::Loop& loop, telemetry::WorkerMetrics& metrics, const Options& options,
         Scratch& scratch)
        : dialer_{loop, metrics, options},
          h1_{loop, metrics, options, scratch},
          h2_{loop, metrics, dialer_, options, scratch} {}

    // See `Pools`.
    [[nodiscard]] std::unique_ptr<http::ClientStream> reuse(const fleet::Backend& backend);
    [[nodiscard]] std::unique_ptr<http::ClientStream> join(const fleet::Backend& backend);
    /// `backend` lives until the task's end.
    [[nodiscard]] Task<Result<std::unique_ptr<http::ClientStream>>> connect(
        const fleet::Backend& backend, TimePoint until);
    /// Closes what has been idle since before `since`, and what is too old.
    void expire(TimePoint since);
    void clear();

private:
    [[nodiscard]] Task<Result<std::unique_ptr<http::ClientStream>>> connect_alone(
        const fleet::Backend& backend, TimePoint until);
    [[nodiscard]] Task<Result<std::unique_ptr<http::ClientStream>>> connect_as_before(
        const fleet::Backend& backend, TimePoint until);

    Dialer dialer_;
    H1List h1_;
    H2List h2_;
    bool chose_http2_ = false;  // by ALPN, when it was last asked
};

}  // namespace penstock::upstream
