#include "penstock/fleet/foreign_share.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

constexpr float k_keep = 0.99F;  // of older decisions

}  // namespace

void ForeignShare::look(std::span<const SheetRow> sheet) noexcept {
    float shares = 0;
    float rows = 0;
    float most = 0;
    float share_of_most = 0;
    for (const SheetRow& row : sheet) {
        const float load = row.running + row.waiting;
        if (!row.fresh || load <= 0) continue;
        const float foreign = std::max(0.0F, load - row.in_flight);
        const float share = foreign / load;
        shares += share;
        ++rows;
        if (foreign > most) {
            most = foreign;
            share_of_most = share;
        }
    }
    if (most > 0) {
        shares -= share_of_most;
        --rows;
    }
    foreign_ = k_keep * foreign_ + std::max(0.0F, shares);  // rounding may leave less than nothing
    all_ = k_keep * all_ + rows;
}

}  // namespace penstock::fleet
