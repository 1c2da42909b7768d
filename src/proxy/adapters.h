// Whether a request wants a LoRA adapter, and which backends cannot have it.
#pragma once

#include "exchange.h"
#include "penstock/fleet/adapters.h"

namespace penstock::proxy {

/// The adapter that a request wants, into `exchange`: one that it names beside the model; or the
/// model, where some backend lists it with a parent, or has it at work. Names beside the model that
/// nobody lists count where no adapters are listed at all: else the engines refuse or ignore them.
void find_adapter(Exchange& exchange) noexcept;

/// SGLang lists the adapters it can load as models, and refuses all others: the rows in the
/// worker's sheet of backends that do not list the one that is named. Those stay as they are where
/// nobody lists it.
void rule_out_unlisted(Exchange& exchange);

}  // namespace penstock::proxy
