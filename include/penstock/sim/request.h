// What a simulated client asks for, and where such requests come from. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "penstock/base/units.h"

namespace penstock::sim {

struct SimRequest {
    Micros at{0};  // of its arrival, from the beginning of the run
    std::uint32_t prompt_tokens = 1;
    std::uint32_t output_tokens = 1;
    std::uint64_t session = 0;          // a conversation or a user; 0: none
    std::uint32_t adapter = 0;          // number of a LoRA adapter; 0: the base model
    std::vector<std::uint64_t> blocks;  // the chain of its full blocks: equal means equal prefixes
    // How it goes on through the blocks that the answer fills, for who asks again with both; empty:
    // not known. Only where `blocks` are all that the prompt fills.
    std::vector<std::uint64_t> answer_blocks;
    friend bool operator==(const SimRequest&, const SimRequest&) = default;
};

/// A stream of requests in order of arrival. One owner; may be large, so one is made at a time.
class RequestSource {
public:
    RequestSource() = default;
    RequestSource(const RequestSource&) = delete;
    RequestSource& operator=(const RequestSource&) = delete;
    virtual ~RequestSource() = default;

    /// Fills in the next one, reusing its memory; false at the end.
    virtual bool next(SimRequest& out) = 0;
    /// Tokens in one block of all its requests.
    [[nodiscard]] virtual std::uint32_t block_tokens() const noexcept = 0;
    /// What a reader of the result must know of their making, in words; empty: nothing.
    [[nodiscard]] virtual std::string account() const { return {}; }
};

}  // namespace penstock::sim
