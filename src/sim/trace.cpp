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

/// A whole number from `least` to `k_tokens_max`; else says why not.
bool read_count(const Json& line, const char* name, std::uint32_t least, std::uint32_t& out,
                std::string& why) {
    const auto found = line.find(name);
    const bool good = found != line.end() && found->is_number_integer() &&
                      found->get<std::int64_t>() >= least &&
                      found->get<std::int64_t>() <= k_tokens_max;
    if (good) {
        out = found->get<std::uint32_t>();
    } else {
        why = std::string{name} + " must be a whole number of at least " + std::to_string(least);
    }
    return good;
}

bool read_blocks(const Json& line, SimRequest& out, std::string& why) {
    const auto found = line.find("hash_ids");
    out.blocks.clear();
    if (found == line.end() || !found->is_array()) {
        why = "hash_ids must be a list of numbers";
        return false;
    }
    // The last id may stand for a part of a block, which nobody caches.
    const std::size_t whole = out.prompt_tokens / MooncakeTrace::k_block_tokens;
    for (const Json& id : *found) {
        if (!id.is_number_integer()) {
            why = "hash_ids must be a list of numbers";
            return false;
        }
        if (out.blocks.size() < whole) out.blocks.push_back(id.get<std::uint64_t>());
    }
    if (found->size() > whole + 1) {
        why = "hash_ids has more than one id for each 512 tokens";
        return false;
    }
    return true;
}

bool read_mooncake(const std::string& text, SimRequest& out, std::string& why) {
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
    if (!read_count(line, "input_length", 1, out.prompt_tokens, why)) return false;
    if (!read_count(line, "output_length", 0, out.output_tokens, why)) return false;
    out.output_tokens = std::max(out.output_tokens, 1U);  // an engine always samples once
    return read_blocks(line, out, why);
}

}  // namespace

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
        if (!read_mooncake(line_, out, why)) {
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
    for (SimRequest& request : group_) {
        const double later = rng_.unit() * static_cast<double>(gap.count());
        request.at = scaled(at - first_ + Micros{std::llround(later)});
    }
    std::ranges::stable_sort(group_, std::greater{}, &SimRequest::at);
}

Micros MooncakeTrace::scaled(Micros at) const {
    return Micros{std::llround(static_cast<double>(at.count()) / options_.speed)};
}

}  // namespace penstock::sim
