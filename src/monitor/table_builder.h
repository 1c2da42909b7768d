// Collects rows and decides when the next load table goes out. Pure; owned by the monitor.
#pragma once

#include <memory>

#include "penstock/base/units.h"
#include "penstock/fleet/load.h"

namespace penstock::monitor {

/// The shortest time from one table to the next.
inline constexpr Millis k_table_gap{10};
/// Making a table may take this part of the time between two: large fleets get fewer tables.
inline constexpr int k_table_effort = 50;

class TableBuilder {
public:
    TableBuilder();

    void put(fleet::Slot slot, const fleet::BackendState& row);
    /// The slot is empty again.
    void erase(fleet::Slot slot);

    [[nodiscard]] bool changed() const noexcept { return changed_; }
    /// The earliest moment for the next table.
    [[nodiscard]] TimePoint due() const noexcept { return due_; }

    /// The rows as they are now, as the next version. `now`: the time it goes out.
    std::shared_ptr<const fleet::LoadTable> publish(TimePoint now);
    /// What making the last one took.
    void took(Micros effort) noexcept;

    /// The last one; before the first, an empty one of version 0.
    [[nodiscard]] const std::shared_ptr<const fleet::LoadTable>& last() const noexcept {
        return last_;
    }

private:
    std::vector<fleet::BackendState> rows_;
    std::shared_ptr<const fleet::LoadTable> last_;
    bool changed_ = false;
    TimePoint published_{};
    TimePoint due_{};
};

}  // namespace penstock::monitor
