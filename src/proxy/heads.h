// What the proxy changes in heads, both ways; everything else passes unchanged and in order.
#pragma once

#include "exchange.h"

namespace penstock::proxy {

/// The head for an engine that is spoken to in `spoken`: hop-by-hop fields out; Via, X-Forwarded-*,
/// the attempt's X-Request-Id in. Its framing is that of `exchange.body`. In the worker's spare
/// memory: valid until the next call.
[[nodiscard]] http::RequestHead& upstream_head(const Exchange& exchange,
                                               const fleet::Backend& backend, http::Version spoken,
                                               unsigned attempt);

/// The head for the client: hop-by-hop fields out; Via, X-Request-Id, CORS and, when asked for, the
/// explanation in. Valid until the next call, too.
[[nodiscard]] http::ResponseHead& downstream_head(const Exchange& exchange,
                                                  const http::ResponseHead& from,
                                                  const std::string& explanation);

}  // namespace penstock::proxy
