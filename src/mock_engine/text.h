// What a simulated engine says, and how it counts: functions of seed and prompt, the same on every
// engine, so that a test knows each byte of an answer beforehand. The rule is told in
// `penstock/mock_engine/mock_engine.h`. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::mock_engine {

/// FNV-1a, 64 bits.
[[nodiscard]] std::uint64_t prompt_hash(std::string_view prompt) noexcept;

/// The tokens of an answer, one at a time.
class Text {
public:
    Text(std::uint64_t seed, std::string_view prompt) noexcept
        : state_{seed ^ prompt_hash(prompt)} {}

    /// Token `index` as it is and as it stands inside a JSON string. Views of constant tables.
    struct Token {
        std::string_view plain;
        std::string_view escaped;
    };
    [[nodiscard]] Token token(std::uint32_t index) const noexcept;

private:
    std::uint64_t state_;
};

inline constexpr std::size_t k_bytes_per_token = 4;

/// Bytes / 4, rounded up; at least one.
[[nodiscard]] std::uint32_t count_tokens(std::string_view text) noexcept;

/// Token ids, as `/tokenize` tells them: a hash of each four bytes.
[[nodiscard]] std::vector<std::uint32_t> token_ids(std::string_view text);

/// The hash chain of the prompt's full blocks, seeded by what else separates prefixes (adapter,
/// cache salt).
[[nodiscard]] std::vector<std::uint64_t> block_chain(std::string_view prompt,
                                                     std::uint32_t block_tokens,
                                                     std::uint64_t seed);

}  // namespace penstock::mock_engine
