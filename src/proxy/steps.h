// The steps of a request's way, in order; `handler.cpp` calls them one after the other. Each does
// one thing and returns what the next one needs, or the error to answer with.
#pragma once

#include <optional>

#include "exchange.h"
#include "penstock/base/task.h"

namespace penstock::proxy {

/// Ids, addresses and CORS fields, for every request. (identify.cpp)
void identify(Exchange& exchange);

/// Answers what Penstock knows by itself: /health, /ping, /v1/models, CORS preflight. True when
/// answered. (local_answers.cpp)
[[nodiscard]] bool answer_locally(Exchange& exchange);

/// Its API key is known, or nobody needs one; notes whose it is. (admit.cpp)
[[nodiscard]] bool is_let_in(Exchange& exchange);

/// Paths, keys, loops, routes. (admit.cpp)
[[nodiscard]] std::optional<Error> admit(Exchange& exchange);

/// The whole body into `exchange.body`, within the route's limit and the process's budget.
/// (read_body.cpp)
[[nodiscard]] Task<std::optional<Error>> read_body(Exchange& exchange);

/// Facts and hash chain of the prompt. (inspect.cpp)
void inspect(Exchange& exchange);
/// A large body is read by a thread of its own, while the queue there has room. (inspect.cpp)
[[nodiscard]] bool inspects_elsewhere(const Exchange& exchange);
[[nodiscard]] Task<void> inspect_elsewhere(Exchange& exchange);

/// The pool that serves this model. (choose_pool.cpp)
[[nodiscard]] std::optional<Error> choose_pool(Exchange& exchange);

/// Where in that pool its labels let it go; the last part of `choose_pool`. (place.cpp)
[[nodiscard]] std::optional<Error> place(Exchange& exchange);

/// With `usage = "inject"`: asks the engine for token counts in the client's name.
/// (ask_for_usage.cpp)
void ask_for_usage(Exchange& exchange);

/// Decide, open, relay; another backend after a failure before the first response byte.
/// (forward.cpp)
[[nodiscard]] Task<void> forward(Exchange& exchange);

/// The client asks for another protocol, and the route lets it have that. (tunnel.cpp)
[[nodiscard]] bool wants_tunnel(const Exchange& exchange);

/// For routes with `body = "stream"`, for gRPC calls and for tunnels: both directions at the same
/// time, another backend only before the body is read. (forward_streamed.cpp)
[[nodiscard]] Task<void> forward_streamed(Exchange& exchange);

}  // namespace penstock::proxy
