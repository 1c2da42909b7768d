#include "growth.h"

namespace penstock::kv_events {

Growth* Growths::find(PathKey tip) noexcept {
    const auto found = by_tip_.find(tip);
    if (found == by_tip_.end() || found->second < first_) return nullptr;
    return &all_[found->second - first_];
}

const Growth* Growths::ending_at(PathKey tip) const noexcept {
    const auto found = by_tip_.find(tip);
    if (found == by_tip_.end() || found->second < first_) return nullptr;
    return &all_[found->second - first_];
}

void Growths::add(const Growth& growth) {
    Growth* const behind = find(growth.from);
    const bool one_block = growth.end - growth.begin <= growth.block_size;
    if (behind != nullptr && !behind->claimed && (behind->batch == growth.batch || one_block)) {
        const auto number = by_tip_.find(growth.from)->second;
        by_tip_.erase(growth.from);
        by_tip_[growth.tip] = number;
        behind->tip = growth.tip;
        behind->end = growth.end;
        if (behind->batch == growth.batch) behind->prompt_end = growth.end;
        return;
    }
    if (all_.size() == k_max) {
        const auto oldest = by_tip_.find(all_.front().tip);
        if (oldest != by_tip_.end() && oldest->second == first_) by_tip_.erase(oldest);
        all_.pop_front();
        ++first_;
    }
    by_tip_[growth.tip] = first_ + all_.size();
    all_.push_back(growth);
}

void Growths::clear() noexcept {
    first_ += all_.size();
    all_.clear();
    by_tip_.clear();
}

}  // namespace penstock::kv_events
