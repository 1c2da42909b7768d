// A try that failed counts against its backend.
#pragma once

#include "exchange.h"
#include "penstock/base/error.h"
#include "penstock/fleet/identity.h"

namespace penstock::proxy {

/// It did not answer, or broke off: also told to the control thread, which judges health by it, but
/// where it has only not taken the request.
void backend_failed(Exchange& exchange, const fleet::Backend& backend, ErrorCode reason);

/// It answered with an error of its own, which says nothing about its next answer: only counted.
void backend_answered_badly(Exchange& exchange, const fleet::Backend& backend);

}  // namespace penstock::proxy
