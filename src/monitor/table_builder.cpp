#include "table_builder.h"

#include <algorithm>

#include "penstock/base/assert.h"

namespace penstock::monitor {

TableBuilder::TableBuilder() : last_{std::make_shared<const fleet::LoadTable>()} {}

void TableBuilder::put(fleet::Slot slot, const fleet::BackendState& row) {
    PENSTOCK_ASSERT(slot < fleet::k_slots_max);
    if (slot >= rows_.size()) rows_.resize(slot + 1);
    rows_[slot] = row;
    changed_ = true;
}

void TableBuilder::erase(fleet::Slot slot) {
    if (slot >= rows_.size()) return;
    rows_[slot] = fleet::BackendState{};
    changed_ = true;
}

std::shared_ptr<const fleet::LoadTable> TableBuilder::publish(TimePoint now) {
    auto next = std::make_shared<fleet::LoadTable>();
    next->version = last_->version + 1;
    next->rows = rows_;
    last_ = std::move(next);
    changed_ = false;
    published_ = now;
    due_ = now + k_table_gap;
    return last_;
}

void TableBuilder::took(Micros effort) noexcept {
    due_ = published_ + std::max<Clock::duration>(k_table_gap, effort * k_table_effort);
}

}  // namespace penstock::monitor
