// What is believed of a prompt's cached blocks besides what the prefix index knows. Pure.
#pragma once

#include <span>

#include "penstock/fleet/sheet.h"
#include "penstock/routing/policy.h"
#include "penstock/routing/prefix_homes.h"

namespace penstock::routing {

/// How much of a fleet's traffic comes through other proxies, as the sheets of many decisions tell.
/// One owner.
class ForeignShare {
public:
    /// Looks at what runs and waits on the backends and is not this proxy's. O(rows).
    void look(std::span<const fleet::SheetRow> sheet) noexcept;
    /// 0 to 1.
    [[nodiscard]] float value() const noexcept { return all_ > 0 ? foreign_ / all_ : 0; }

private:
    float foreign_ = 0;  // sums over decisions, fading
    float all_ = 0;
};

/// Adds to the `held_blocks` of two fit rows:
///
/// - of `home`, a part of what the index has forgotten there: engines evict later than it believes,
///   now and then, and a second copy elsewhere would cost others their blocks;
/// - of the backend that all proxies would send such a prompt to (rendezvous.h), the `foreign`
/// share
///   of the prompt: others have probably sent the same one there.
void add_beliefs(const Input& input, const PrefixHomes::Home& home, float foreign,
                 std::span<fleet::SheetRow> sheet) noexcept;

}  // namespace penstock::routing
