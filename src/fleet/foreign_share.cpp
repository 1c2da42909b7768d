#include "penstock/fleet/foreign_share.h"

#include <algorithm>

namespace penstock::fleet {

namespace {

constexpr float k_keep = 0.99F;  // of older decisions

}  // namespace

void ForeignShare::look(std::span<const SheetRow> sheet) noexcept {
    float foreign = 0;
    float all = 0;
    for (const SheetRow& row : sheet) {
        if (!row.fresh) continue;
        all += row.running + row.waiting;
        foreign += std::max(0.0F, row.running + row.waiting - row.in_flight);
    }
    foreign_ = k_keep * foreign_ + foreign;
    all_ = k_keep * all_ + all;
}

}  // namespace penstock::fleet
