// What is believed of a prompt's cached blocks besides what the prefix index knows. Pure.
#pragma once

#include <span>

#include "penstock/fleet/sheet.h"
#include "penstock/routing/policy.h"
#include "penstock/routing/prefix_homes.h"

namespace penstock::routing {

/// Adds to the `held_blocks` of two fit rows:
///
/// - of `home`, a part of what the index has forgotten there: engines evict later than it believes,
///   now and then, and a second copy elsewhere would cost others their blocks;
/// - of the backend that all proxies would send such a prompt to (rendezvous.h), a part of the
///   prompt that grows with the `foreign` share of the traffic: others have probably sent it there.
void add_beliefs(const Input& input, const PrefixHomes::Home& home, float foreign,
                 std::span<fleet::SheetRow> sheet) noexcept;

}  // namespace penstock::routing
