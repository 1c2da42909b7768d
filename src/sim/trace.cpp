#include "penstock/sim/trace.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "penstock/base/hash.h"

namespace penstock::sim {

namespace {

using Json = nlohmann::json;

constexpr std::uint32_t k_tokens_max = 1U << 24U;  // of a prompt or an answer: more is a mistake
constexpr std::size_t k_group_max = 65'536;        // requests of one timestamp held at a time
constexpr double k_micros_max = 1e15;              // some thirty years

/// A whole number from `least` to `k_tokens_max`.
struct Count {
    const char* name;
    std::uint32_t least;
};

/// Else says why not.
bool read_count(const Json& line, Count count, std::uint32_t& out, std::string& why) {
    const auto found = line.find(count.name);
    const bool good = found != line.end() && found->is_number_integer() &&
                      found->get<std::int64_t>() >= count.least &&
                      found->get<std::int64_t>() <= k_tokens_max;
    if (good) {
        out = found->get<std::uint32_t>();
    } else {
        why = std::string{count.name} + " must be a whole number of at least " +
              std::to_string(count.least);
    }
    return good;
}

/// What only our own traces tell; 0 where it is not told.
std::uint64_t extra(const Json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::uint32_t block_tokens_of(const Json& line) {
    const std::uint64_t told = extra(line, "block_tokens");
    const bool fits = told > 0 && MooncakeTrace::k_block_tokens % told == 0;
    return fits ? static_cast<std::uint32_t>(told) : MooncakeTrace::k_block_tokens;
}

bool read_blocks(const Json& line, std::uint32_t block_tokens, SimRequest& out, std::string& why) {
    if (block_tokens_of(line) != block_tokens) {
        why = "block_tokens is not that of the first line";
        return false;
    }
    const std::string name =
        block_tokens == MooncakeTrace::k_block_tokens ? "hash_ids" : "block_ids";
    const auto found = line.find(name);
    out.blocks.clear();
    if (found == line.end() || !found->is_array()) {
        why = name + " must be a list of numbers";
        return false;
    }
    // The last id may stand for a part of a block, which nobody caches.
    const std::size_t whole = out.prompt_tokens / block_tokens;
    for (const Json& id : *found) {
        if (!id.is_number_integer()) {
            why = name + " must be a list of numbers";
            return false;
        }
        if (out.blocks.size() < whole) out.blocks.push_back(id.get<std::uint64_t>());
    }
    if (found->size() > whole + 1) {
        why = name + " has more than one id for each " + std::to_string(block_tokens) + " tokens";
        return false;
    }
    return true;
}

/// Only our own traces tell how the chain goes on through the answer.
bool read_answer(const Json& line, std::uint32_t block_tokens, SimRequest& out, std::string& why) {
    const auto found = line.find("answer_ids");
    out.answer_blocks.clear();
    if (found == line.end()) return true;
    const std::size_t prompt = out.prompt_tokens / block_tokens;
    const std::size_t in_all = (out.prompt_tokens + out.output_tokens) / block_tokens;
    const bool fits = found->is_array() && out.blocks.size() == prompt &&
                      prompt + found->size() <= in_all &&
                      std::ranges::all_of(*found, &Json::is_number_integer);
    if (!fits) {
        why = "answer_ids must be a list of a number for each block that the answer fills";
        return false;
    }
    for (const Json& id : *found) out.answer_blocks.push_back(id.get<std::uint64_t>());
    return true;
}

bool read_mooncake(const std::string& text, std::uint32_t block_tokens, SimRequest& out,
                   std::string& why) {
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object()) {
        why = "it is not a JSON object";
        return false;
    }
    const auto timestamp = line.find("timestamp");
    if (timestamp == line.end() || !timestamp->is_number() || timestamp->get<double>() < 0 ||
        timestamp->get<double>() * 1000 > k_micros_max) {
        why = "timestamp must be a number of milliseconds";
        return false;
    }
    out.at = Micros{std::llround(timestamp->get<double>() * 1000)};
    if (!read_count(line, {"input_length", 1}, out.prompt_tokens, why)) return false;
    if (!read_count(line, {"output_length", 0}, out.output_tokens, why)) return false;
    out.output_tokens = std::max(out.output_tokens, 1U);  // an engine always samples once
    out.session = extra(line, "session");
    out.adapter = static_cast<std::uint32_t>(extra(line, "adapter"));
    return read_blocks(line, block_tokens, out, why) && read_answer(line, block_tokens, out, why);
}

}  // namespace

std::uint32_t trace_block_tokens(const std::string& first_line) {
    const Json line = Json::parse(first_line, nullptr, false);
    return line.is_object() ? block_tokens_of(line) : MooncakeTrace::k_block_tokens;
}

MooncakeTrace::MooncakeTrace(LineReader lines, const TraceOptions& options, BadLine bad_line)
    : lines_{std::move(lines)},
      options_{options},
      bad_line_{std::move(bad_line)},
      rng_{options.seed ^ hash64("trace")} {}

bool MooncakeTrace::next(SimRequest& out) {
    if (options_.limit > 0 && given_ == options_.limit) return false;
    if (group_.empty()) read_group();
    if (group_.empty()) return false;
    out = std::move(group_.back());
    group_.pop_back();
    ++given_;
    return true;
}

bool MooncakeTrace::read_line(SimRequest& out) {
    while (lines_(line_)) {
        ++line_number_;
        if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
        std::string why;
        if (!read_mooncake(line_, options_.block_tokens, out, why)) {
            bad_line_(line_number_, why);
        } else if (out.at < last_) {
            bad_line_(line_number_, "timestamp is before the one of the line before");
        } else {
            last_ = out.at;
            return true;
        }
    }
    return false;
}

// Those of one timestamp, and the first of the next, which tells how long theirs lasts.
void MooncakeTrace::read_group() {
    if (!has_ahead_) has_ahead_ = read_line(ahead_);
    if (!has_ahead_) return;
    const Micros at = ahead_.at;
    if (first_ < Micros{0}) first_ = at;
    bool more = true;
    while (more && ahead_.at == at && group_.size() < k_group_max) {
        group_.push_back(ahead_);
        more = read_line(ahead_);
    }
    has_ahead_ = more;
    const Micros gap =
        more ? ahead_.at - at : last_gap_;  // the last group: as long as the one before
    last_gap_ = gap;
    const double room = group_.size() > 1 ? static_cast<double>(gap.count()) : 0;
    for (SimRequest& request : group_) {
        const double later = rng_.unit() * room;
        request.at = scaled(at - first_ + Micros{std::llround(later)});
    }
    std::ranges::stable_sort(group_, std::greater{}, &SimRequest::at);
}

Micros MooncakeTrace::scaled(Micros at) const {
    return Micros{std::llround(static_cast<double>(at.count()) / options_.speed)};
}

}  // namespace penstock::sim
