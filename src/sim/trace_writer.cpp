#include "penstock/sim/trace_writer.h"

#include <nlohmann/json.hpp>

#include "penstock/base/assert.h"
#include "penstock/sim/trace.h"

namespace penstock::sim {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t k_id_tokens = MooncakeTrace::k_block_tokens;

// A whole number where it is one, as in the published traces.
Json milliseconds(Micros time) {
    const std::int64_t micros = time.count();
    if (micros % 1000 == 0) return micros / 1000;
    return static_cast<double>(micros) / 1000;
}

}  // namespace

TraceWriter::TraceWriter(std::uint32_t block_tokens) : block_tokens_{block_tokens} {
    PENSTOCK_ASSERT(block_tokens > 0 && k_id_tokens % block_tokens == 0);
}

std::uint64_t TraceWriter::number(std::uint64_t block) {
    const auto [found, fresh] = numbers_.try_emplace(block, next_number_);
    if (fresh) ++next_number_;
    return found->second;
}

std::string TraceWriter::line(const SimRequest& request) {
    if (!first_) first_ = request.at;
    Json blocks = Json::array();
    for (const std::uint64_t block : request.blocks) blocks.push_back(number(block));
    // The last block of each 512 tokens stands for all before it, as its id does.
    const std::size_t each = k_id_tokens / block_tokens_;
    const std::size_t ids = (std::size_t{request.prompt_tokens} + k_id_tokens - 1) / k_id_tokens;
    Json hash_ids = Json::array();
    for (std::size_t end = each; hash_ids.size() < ids; end += each) {
        const bool known = end <= request.blocks.size();
        hash_ids.push_back(known ? number(request.blocks[end - 1]) : next_number_++);
    }
    Json line{{"timestamp", milliseconds(request.at - *first_)},
              {"input_length", request.prompt_tokens},
              {"output_length", request.output_tokens},
              {"hash_ids", std::move(hash_ids)}};
    if (block_tokens_ != k_id_tokens) {
        line["block_tokens"] = block_tokens_;
        line["block_ids"] = std::move(blocks);
    }
    if (!request.answer_blocks.empty()) {
        Json answer = Json::array();
        for (const std::uint64_t block : request.answer_blocks) answer.push_back(number(block));
        line["answer_ids"] = std::move(answer);
    }
    if (request.session != 0) line["session"] = request.session;
    if (request.adapter != 0) line["adapter"] = request.adapter;
    return line.dump() + "\n";
}

}  // namespace penstock::sim
