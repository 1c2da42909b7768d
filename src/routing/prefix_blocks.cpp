#include "penstock/routing/prefix_blocks.h"

#include <algorithm>

#include "penstock/base/hash.h"

namespace penstock::routing {

std::uint64_t chain_seed(std::string_view model, std::string_view cache_salt) noexcept {
    return hash64(cache_salt, hash64(model));
}

void PrefixHasher::begin(std::uint64_t seed, std::size_t block_size,
                         std::vector<std::uint64_t>& out) {
    out_ = &out;
    chain_ = seed;
    block_size_ = std::max<std::size_t>(block_size, 1);
    out_->clear();
    partial_.clear();
}

void PrefixHasher::add(std::string_view piece) {
    if (!partial_.empty()) {
        const std::size_t wanted = std::min(block_size_ - partial_.size(), piece.size());
        partial_.insert(partial_.end(), piece.begin(),
                        piece.begin() + static_cast<std::ptrdiff_t>(wanted));
        piece.remove_prefix(wanted);
        if (partial_.size() < block_size_) return;
        add_block({partial_.data(), partial_.size()});
        partial_.clear();
    }
    // Whole blocks are hashed where they lie.
    while (piece.size() >= block_size_ && out_->size() < k_blocks_max) {
        add_block(piece.substr(0, block_size_));
        piece.remove_prefix(block_size_);
    }
    if (out_->size() < k_blocks_max) partial_.assign(piece.begin(), piece.end());
}

void PrefixHasher::add_block(std::string_view block) {
    if (out_->size() == k_blocks_max) return;
    chain_ = hash64(block, chain_);
    out_->push_back(chain_);
}

}  // namespace penstock::routing
