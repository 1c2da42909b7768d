#include "token_paths.h"

#include <algorithm>

#include "penstock/base/assert.h"

namespace penstock::kv_events {

namespace {

// Prompts that differ only within one block of tokens; more than a few are no use to anybody.
constexpr std::size_t k_blocks_at_one_max = 64;

}  // namespace

void TokenPaths::begin_within(PathKey root) {
    within_.try_emplace(root);
}

std::optional<std::uint32_t> TokenPaths::before(PathKey root) const noexcept {
    const auto found = within_.find(root);
    return found == within_.end() ? std::optional<std::uint32_t>{0} : found->second;
}

void TokenPaths::set_before(PathKey root, std::uint32_t tokens) noexcept {
    if (const auto found = within_.find(root); found != within_.end()) found->second = tokens;
}

const Path* TokenPaths::find(PathKey key) const noexcept {
    const auto found = paths_.find(key);
    return found == paths_.end() ? nullptr : &found->second;
}

void TokenPaths::hold(PathKey key, const Path& path) {
    const auto [entry, fresh] = paths_.try_emplace(key, path);
    entry->second.holders = fresh ? 1 : entry->second.holders + 1;
}

void TokenPaths::release(PathKey key) {
    const auto found = paths_.find(key);
    if (found == paths_.end() || --found->second.holders > 0) return;
    unheld_.push_back(key);
    if (unheld_.size() > k_remembered_max) forget_oldest();
}

void TokenPaths::forget_oldest() {
    const PathKey key = unheld_.front();
    unheld_.pop_front();
    const auto found = paths_.find(key);
    if (found == paths_.end() || found->second.holders > 0) return;
    paths_.erase(found);
    within_.erase(key);
    const auto ours = blocks_.find(key);
    if (ours == blocks_.end()) return;
    for (const std::uint64_t block : ours->second) anchors_.erase(block);
    blocks_.erase(ours);
}

std::span<const std::uint64_t> TokenPaths::blocks_at(PathKey key) const noexcept {
    const auto found = blocks_.find(key);
    return found == blocks_.end() ? std::span<const std::uint64_t>{} : found->second;
}

const Anchor* TokenPaths::anchor_of(std::uint64_t block) const noexcept {
    const auto found = anchors_.find(block);
    return found == anchors_.end() ? nullptr : &found->second;
}

void TokenPaths::set_anchor(std::uint64_t block, const Anchor& anchor) {
    PENSTOCK_ASSERT(paths_.contains(anchor.path));
    if (const Anchor* old = anchor_of(block)) drop_anchor(block, old->path);
    std::vector<std::uint64_t>& there = blocks_[anchor.path];
    if (there.size() == k_blocks_at_one_max) return;
    there.push_back(block);
    anchors_[block] = anchor;
}

void TokenPaths::drop_anchor(std::uint64_t block, PathKey path) noexcept {
    anchors_.erase(block);
    const auto found = blocks_.find(path);
    if (found == blocks_.end()) return;
    std::erase(found->second, block);
    if (found->second.empty()) blocks_.erase(found);
}

void TokenPaths::chain_to(std::uint64_t block, std::vector<std::uint64_t>& out) const {
    out.clear();
    const Anchor* anchor = anchor_of(block);
    if (anchor == nullptr) return;
    out.resize(std::size_t{anchor->index} + 1);
    for (std::size_t at = out.size(); at-- > 0; block = anchor->before) {
        anchor = anchor_of(block);
        if (anchor == nullptr || anchor->index != at) return out.clear();
        out[at] = block;
    }
}

}  // namespace penstock::kv_events
