// What a request adds to the loads in a sheet before a policy decides: the same in the proxy and in
// the simulator. Pure, but for what `foreign` learns.
#pragma once

#include <span>

#include "penstock/fleet/foreign_share.h"
#include "penstock/fleet/sheet.h"
#include "penstock/routing/holdings.h"
#include "penstock/routing/policy.h"
#include "penstock/routing/prefix_index.h"
#include "penstock/routing/sessions.h"

namespace penstock::routing {

/// What the router remembers, borrowed for the call.
struct Memories {
    const PrefixIndex* index = nullptr;  // null: no policy that is asked looks at prefixes
    Holdings& holdings;                  // scratch
    fleet::ForeignShare& foreign;
    bool learns = true;         // false: `foreign` stays as it is
    SessionHome home = {};      // of the request's session; no worth: sessions have no price
    bool place_priced = false;  // some row has a `place_price`
};

/// Fills in which blocks of the prompt the rows hold, by the index and by belief, what leaving the
/// session's home costs, and which rows are passed over. To be called once all that is known to be
/// unfit is marked so.
void survey(const Input& input, const Memories& memories, std::span<fleet::SheetRow> sheet);

}  // namespace penstock::routing
