// Routing is a value: input and sheet in, decision out. The same object runs in the proxy, in
// tests, in benchmarks and in a simulator. Pure, const, no allocation, no lock, no clock. Thread:
// any.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "penstock/base/rng.h"
#include "penstock/fleet/sheet.h"
#include "penstock/routing/options.h"

namespace penstock::routing {

struct Input {
    std::span<const std::uint64_t>
        blocks;                         // the prompt's hash chain, first block first; may be empty
    std::uint32_t prompt_tokens = 0;    // estimate
    std::uint32_t block_tokens = 256;   // estimate of tokens in one block
    std::uint32_t output_tokens = 256;  // expected of it
    std::uint32_t usual_output = 256;   // of a usual request of this model
    std::uint32_t usual_uncached = 1024;  // tokens a usual request of this model has to prefill
    std::uint64_t session = 0;            // a hash of its name; 0: none
    std::uint64_t sequence =
        0;  // a running number of this pool's decisions that had a choice (round_robin)
};

/// Tokens of the prompt that are believed to be cached at `row`.
[[nodiscard]] inline std::uint32_t believed_tokens(const Input& input,
                                                   const fleet::SheetRow& row) noexcept {
    const std::uint64_t held = std::uint64_t{row.held_blocks} * input.block_tokens;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(held, input.prompt_tokens));
}
/// Those that are counted on.
[[nodiscard]] inline std::uint32_t cached_tokens(const Input& input,
                                                 const fleet::SheetRow& row) noexcept {
    return row.cache_off ? 0 : believed_tokens(input, row);
}

/// Why this backend: one word for logs and metrics.
enum class Reason : std::uint8_t { none, only, prefix, load, hash, turn, chance, place, session };
[[nodiscard]] std::string_view name(Reason reason) noexcept;

/// The terms of a score, lower is better: seconds for prefix_load, else in the policy's own unit.
/// Fixed so that explaining costs nothing.
enum class Term : std::uint8_t {
    total,
    prefix,
    queue,
    prefill,
    others,
    kv,
    adapter,
    place,
    session
};
inline constexpr std::size_t k_terms = 9;
[[nodiscard]] std::string_view name(Term term) noexcept;

struct Decision {
    static constexpr std::uint32_t k_nobody = 0xFFFFFFFF;
    std::uint32_t row = k_nobody;  // index into the sheet; k_nobody: no fit candidate
    Reason reason = Reason::none;
    std::uint32_t candidates = 0;        // how many rows were fit
    std::uint32_t held_blocks = 0;       // believed cached on the chosen one
    std::array<float, k_terms> terms{};  // of the chosen row
    [[nodiscard]] bool found() const noexcept { return row != k_nobody; }
};

class Policy {
public:
    Policy() = default;
    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;
    virtual ~Policy() = default;

    /// As the config names it. Lives as long as the program.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// True when `held_blocks` of the sheet's rows are looked at: else the index need not be asked.
    [[nodiscard]] virtual bool reads_prefix() const noexcept = 0;
    /// True when its terms are seconds.
    [[nodiscard]] virtual bool in_seconds() const noexcept { return false; }
    /// Picks a fit row. Equal candidates are equally likely.
    [[nodiscard]] virtual Decision decide(const Input& input,
                                          std::span<const fleet::SheetRow> sheet,
                                          Rng& rng) const noexcept = 0;
    /// The terms `decide` would give `row`.
    [[nodiscard]] virtual std::array<float, k_terms> explain(const Input& input,
                                                             std::span<const fleet::SheetRow> sheet,
                                                             std::uint32_t row) const noexcept = 0;
    /// The same of every row, into an element each of `out`: what the rows have in common is looked
    /// at once.
    virtual void explain_all(const Input& input, std::span<const fleet::SheetRow> sheet,
                             std::span<std::array<float, k_terms>> out) const noexcept;
};

/// Marks which fit rows policies pass over that weigh no prices: all but those of the least
/// `place_price`, and of these all but those of the least `move_price`. To be called again whenever
/// a row has become unfit.
void pass_over(std::span<fleet::SheetRow> sheet) noexcept;

/// The policy of this name, which is not `none`. Never null.
[[nodiscard]] std::unique_ptr<Policy> make_policy(const BalanceOptions& options);

}  // namespace penstock::routing
