// Requests as a trace in Mooncake's format, so that the very same ones can be simulated again,
// replayed before real engines, or given to other programs. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "penstock/sim/request.h"

namespace penstock::sim {

/// Every line is of Mooncake's form, with an id for each 512 tokens begun; a last part of a block
/// has an id that nobody else has. Where the source has smaller blocks, a line also has its
/// `block_tokens` and `block_ids`, from which `MooncakeTrace` knows them all again. Ids count up
/// from 0 in order of their coming; times are from the first request's, in milliseconds.
class TraceWriter {
public:
    /// Precondition: a divisor of 512.
    explicit TraceWriter(std::uint32_t block_tokens);

    /// The next request's line, with its end. Requests come in order of time.
    [[nodiscard]] std::string line(const SimRequest& request);

private:
    std::uint64_t number(std::uint64_t block);

    std::uint32_t block_tokens_;
    std::optional<Micros> first_;
    std::unordered_map<std::uint64_t, std::uint64_t> numbers_;  // of blocks, by their hashes
    std::uint64_t next_number_ = 0;
};

}  // namespace penstock::sim
