// From prompt text to a chain of block hashes.
//
// The text is cut into blocks of `block_size` bytes (default 1 KiB, about 256 tokens; only whole
// blocks count). Block n's hash is XXH3-64 of its bytes, seeded with block n-1's hash; the first is
// seeded with a hash of model, adapter and cache salt. So equal hashes mean equal prefixes of equal
// models. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace penstock::routing {

inline constexpr std::size_t k_blocks_max =
    8192;  // 8 MiB of prompt at 1 KiB; what lies beyond is not looked at

/// The seed of a chain. Any part may be empty.
[[nodiscard]] std::uint64_t chain_seed(std::string_view model,
                                       std::string_view cache_salt) noexcept;

/// Hashes text that comes in pieces (parts of messages), without joining them.
class PrefixHasher {
public:
    PrefixHasher() = default;
    PrefixHasher(std::uint64_t seed, std::size_t block_size, std::vector<std::uint64_t>& out) {
        begin(seed, block_size, out);
    }
    /// Begins a text. `out` is cleared and filled by `add`; it lives as long as the text is added
    /// to.
    void begin(std::uint64_t seed, std::size_t block_size, std::vector<std::uint64_t>& out);
    void add(std::string_view piece);

private:
    void add_block(std::string_view block);

    std::vector<std::uint64_t>* out_ = nullptr;
    std::uint64_t chain_ = 0;
    std::size_t block_size_ = 1;
    std::vector<char> partial_;  // the beginning of a block that came in parts
};

}  // namespace penstock::routing
