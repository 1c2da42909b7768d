// One look-up of a name for all connects that wait for it: a burst of requests asks once.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "penstock/base/task.h"
#include "penstock/fleet/identity.h"
#include "penstock/net/resolve.h"

namespace penstock::upstream {

/// Owned by a node. Thread: the worker.
class SharedLookup {
public:
    using Answer = Result<std::vector<net::SocketAddress>>;
    using Resolve = std::function<Task<Answer>(net::Loop&, std::string, std::uint16_t, Millis)>;

    explicit SharedLookup(net::Loop& loop, Resolve resolve = net::resolve);
    ~SharedLookup();
    SharedLookup(const SharedLookup&) = delete;
    SharedLookup& operator=(const SharedLookup&) = delete;

    /// The answer of the look-up of `address` that is under way, else of a new one, which may take
    /// `at_most`. Errors: those of net::resolve, connect_failed where it throws, and
    /// connect_timeout at `until`. Destroying the task ends its wait, not the look-up. `address` is
    /// read before the first wait only.
    [[nodiscard]] Task<Answer> ask(const fleet::Address& address, TimePoint until, Millis at_most);

private:
    struct Running;

    [[nodiscard]] Task<void> run(std::shared_ptr<Running> running, Millis at_most);

    net::Loop& loop_;
    Resolve resolve_;
    std::shared_ptr<Running> running_;  // the newest, under way or done
    Task<void> task_;                   // which works on it
};

}  // namespace penstock::upstream
