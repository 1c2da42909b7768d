// Whether a request wants a LoRA adapter, and which backends cannot have it.
#pragma once

#include "exchange.h"
#include "penstock/fleet/adapters.h"

namespace penstock::proxy {

/// The adapter that a request wants: one that it names beside the model; or the model, where some
/// backend lists it with a parent, or has it at work. 0: none.
[[nodiscard]] fleet::AdapterId wanted_adapter(const Exchange& exchange) noexcept;

/// SGLang lists the adapters it can load as models, and refuses all others: the rows in the
/// worker's sheet of backends that do not list the one that is named. Those stay as they are where
/// nobody lists it.
void rule_out_unlisted(Exchange& exchange);

}  // namespace penstock::proxy
