// The end of a relayed response: tokens into the record, a proper or a visibly broken end for the
// client.
#pragma once

#include "exchange.h"
#include "relay.h"

namespace penstock::proxy {

struct RelayEnd {
    Relay::End end;
    ErrorCode error;
};

void finish(Exchange& exchange, http::ClientStream& engine, RelayEnd how);

}  // namespace penstock::proxy
