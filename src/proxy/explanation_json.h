// The document of the admin listener's /explain.
//
//     {"generation": 3, "route": "default", "pool": "default", "policy": "prefix_load",
//      "model": "llama",        as the request names it
//      "adapter": null, "json": true,         the body was read as JSON
//      "prompt": {"bytes": 4100, "tokens": 1025, "blocks": 4},     tokens are an estimate
//      "output_tokens": 256,    expected
//      "labels": {"required": "region=eu", "preferred": null},     by route and request
//      "session": null,         or {"source": "cookie:sid", "home": URL}: where it was last, or
//      null "backend": "http://10.0.0.1:8000", "reason": "prefix",      the pick "refused": null,
//      or {"status": 404, "code": "model_not_found", "message": …}: what the
//                               client would be answered with
//      "candidates": [{…}]}     all backends of the pool, best first: see candidates.h
//
// A question bears no client certificate: routes with `client_names` do not match it.
// What was not found out, since the request would be refused before, is null or empty. Fields may
// be added, none changes its meaning. It holds nothing of the prompt.
#pragma once

#include <optional>
#include <string>

#include "exchange.h"
#include "penstock/base/error.h"
#include "penstock/routing/policy.h"

namespace penstock::proxy {

/// What was found out beside what the exchange holds.
struct Explanation {
    std::optional<Error> refusal;
    routing::Input input;
    routing::Decision decision;
};

[[nodiscard]] std::string explanation_json(const Exchange& exchange,
                                           const Explanation& explanation);

}  // namespace penstock::proxy
