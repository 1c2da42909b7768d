// From the response's head on: head to the client, body after it, a proper or a visible end.
#pragma once

#include "attempt.h"
#include "upload.h"

namespace penstock::proxy {

/// Precondition: `engine` has its head. `upload`: where the request's body is still on its way; its
/// failure ends the response too. May be null.
[[nodiscard]] Task<void> relay_response(Exchange& exchange, Attempt& attempt,
                                        http::ClientStream& engine, Upload* upload);

}  // namespace penstock::proxy
