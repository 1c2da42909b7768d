// Recorded traffic as a source of requests: traces in Mooncake's format and Penstock's access log.
// Pure: lines come from whoever reads the file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "penstock/base/rng.h"
#include "penstock/sim/request.h"

namespace penstock::sim {

/// The next line, without its end; false at the end of the file.
using LineReader = std::function<bool(std::string&)>;
/// A line that is no request: its number, from 1, and what is wrong with it.
using BadLine = std::function<void(std::uint64_t number, const std::string& why)>;

struct TraceOptions {
    double speed = 1;         // 2: twice as fast
    std::uint64_t limit = 0;  // requests; 0: all
    std::uint64_t seed = 1;
    std::uint32_t block_tokens = 512;  // in Mooncake's format, as `trace_block_tokens` tells
};

/// A trace of JSON lines `{"timestamp": ms, "input_length": tokens, "output_length": tokens,
/// "hash_ids": [...]}` in order of time, each id standing for 512 tokens and all before them
/// (Mooncake, arXiv 2407.00079). Read as it is needed.
///
/// Requests with one timestamp are spread evenly by chance up to the next one: the published traces
/// are told in steps of three seconds. One that is alone comes at its time.
///
/// `TraceWriter` adds what the format has no place for, and every other reader passes over:
/// `session` and `adapter`; `answer_ids`, the chain's further ids through the answer, without which
/// no answer is kept in a cache; and where blocks are smaller, `block_tokens` with their
/// `block_ids`, which are then read instead of `hash_ids`.
class MooncakeTrace final : public RequestSource {
public:
    static constexpr std::uint32_t k_block_tokens = 512;  // that an id of `hash_ids` stands for

    MooncakeTrace(LineReader lines, const TraceOptions& options, BadLine bad_line);
    bool next(SimRequest& out) override;
    [[nodiscard]] std::uint32_t block_tokens() const noexcept override {
        return options_.block_tokens;
    }

private:
    void read_group();
    bool read_line(SimRequest& out);
    [[nodiscard]] Micros scaled(Micros at) const;

    LineReader lines_;
    TraceOptions options_;
    BadLine bad_line_;
    Rng rng_;
    std::string line_;
    std::uint64_t line_number_ = 0;
    std::vector<SimRequest> group_;  // of one timestamp, the next one last
    SimRequest ahead_;               // the first of the next group
    bool has_ahead_ = false;
    Micros first_{-1};  // timestamp of the first request
    Micros last_{0};    // timestamp of the last good line
    Micros last_gap_{0};
    std::uint64_t given_ = 0;
};

/// Penstock's access log in JSON: arrival, prompt and output tokens of each request that came to an
/// engine. Which prompts had what in common is not logged; what the engine found cached is taken as
/// the beginning that all prompts of a model share, the rest as new. Held in memory, since lines
/// come in order of the requests' ends.
///
/// Where an engine told no usage, the prompt is estimated by the request's bytes, at what a token
/// took in the log's other lines, and what was cached by the blocks that were believed to be.
class AccessLogTrace final : public RequestSource {
public:
    static constexpr std::uint32_t k_block_tokens = 256;

    AccessLogTrace(const LineReader& lines, const TraceOptions& options, const BadLine& bad_line);
    bool next(SimRequest& out) override;
    [[nodiscard]] std::uint32_t block_tokens() const noexcept override { return k_block_tokens; }
    /// How many of its lines are requests, by what, and how many are not, and why.
    [[nodiscard]] std::string account() const override;

private:
    struct Entry {
        std::int64_t at_us;
        std::uint32_t prompt_tokens;  // 0: to be estimated by the following two
        std::uint32_t bytes;
        float cached_part;
        std::uint32_t output_tokens;
        std::uint32_t cached_tokens;
        std::uint64_t model;
    };
    struct Tally {
        std::uint64_t counted = 0;
        std::uint64_t estimated = 0;
        std::uint64_t failed = 0;
        std::uint64_t without_prompt = 0;
    };
    /// What is wrong with the line; null: nothing, be it a request or not.
    const char* add(const std::string& text);
    void estimate();

    std::vector<Entry> entries_;
    Tally tally_;
    TraceOptions options_;
    std::size_t at_ = 0;
};

/// Which of the two a file is, by its first line.
[[nodiscard]] bool is_access_log(const std::string& first_line);
/// Tokens in a block of a trace in Mooncake's format, by its first line: 512, or a divisor of it.
[[nodiscard]] std::uint32_t trace_block_tokens(const std::string& first_line);

}  // namespace penstock::sim
