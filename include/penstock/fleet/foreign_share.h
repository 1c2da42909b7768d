// How much of a fleet's traffic comes through other proxies. Pure.
#pragma once

#include <span>

#include "penstock/fleet/sheet.h"

namespace penstock::fleet {

/// As the sheets of many decisions tell. One owner.
///
/// The mean over the backends at work of the share that is not this proxy's, without the backend
/// that tells of most: no engine's word alone makes other proxies, however large its number.
class ForeignShare {
public:
    /// Looks at what runs and waits on the backends and is not this proxy's. O(rows).
    void look(std::span<const SheetRow> sheet) noexcept;
    /// 0 to 1.
    [[nodiscard]] float value() const noexcept { return all_ > 0 ? foreign_ / all_ : 0; }

private:
    float foreign_ = 0;  // sums of shares over decisions, fading
    float all_ = 0;      // how many they are
};

}  // namespace penstock::fleet
