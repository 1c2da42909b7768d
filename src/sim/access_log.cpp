// Penstock's own access log, as traffic.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

#include <nlohmann/json.hpp>

#include "penstock/base/hash.h"
#include "penstock/sim/trace.h"

namespace penstock::sim {

namespace {

using Json = nlohmann::json;

constexpr std::uint32_t k_tokens_max = 1U << 24U;

/// Microseconds since 1970 of "2026-08-01T12:34:56.789Z".
std::optional<std::int64_t> read_time(const Json& line) {
    const auto found = line.find("time");
    if (found == line.end() || !found->is_string()) return std::nullopt;
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    double second = 0;
    // NOLINTNEXTLINE(cert-err34-c): all six fields are asked for and their ranges checked
    if (std::sscanf(found->get_ref<const std::string&>().c_str(), "%4d-%2u-%2uT%2d:%2d:%lf", &year,
                    &month, &day, &hour, &minute, &second) != 6) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (!date.ok() || hour > 23 || minute > 59 || second < 0 || second >= 61) return std::nullopt;
    const auto days = std::chrono::sys_days{date}.time_since_epoch();
    return std::chrono::duration_cast<Micros>(days).count() +
           (std::int64_t{hour} * 3600 + std::int64_t{minute} * 60) * 1'000'000 +
           std::llround(second * 1e6);
}

std::uint32_t count_of(const Json& line, const char* name) {
    const auto found = line.find(name);
    if (found == line.end() || !found->is_number_unsigned()) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(found->get<std::uint64_t>(), k_tokens_max));
}

std::string text_of(const Json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t block_hash(std::uint64_t of, std::uint64_t number) {
    return hash64({reinterpret_cast<const char*>(&number), sizeof number}, of);
}

}  // namespace

bool is_access_log(const std::string& first_line) {
    const Json line = Json::parse(first_line, nullptr, false);
    return line.is_object() && line.contains("request_id") && line.contains("prompt_tokens");
}

AccessLogTrace::AccessLogTrace(const LineReader& lines, const TraceOptions& options,
                               const BadLine& bad_line)
    : options_{options} {
    std::string text;
    for (std::uint64_t number = 1; lines(text); ++number) {
        if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
        const Json line = Json::parse(text, nullptr, false);
        if (!line.is_object()) {
            bad_line(number, "it is not a JSON object");
            continue;
        }
        if (!line.contains("request_id")) continue;  // the log's other lines
        const std::uint32_t prompt = count_of(line, "prompt_tokens");
        if (prompt == 0) continue;  // refused, or no inference
        const std::optional<std::int64_t> ended = read_time(line);
        const auto duration = line.find("duration_ms");
        if (!ended || duration == line.end() || !duration->is_number()) {
            bad_line(number, "time or duration_ms is missing or wrong");
            continue;
        }
        const double took = std::clamp(duration->get<double>(), 0.0, 1e9);
        entries_.push_back({.at_us = *ended - std::llround(took * 1000),
                            .prompt_tokens = prompt,
                            .output_tokens = std::max(count_of(line, "output_tokens"), 1U),
                            .cached_tokens = std::min(count_of(line, "cached_tokens"), prompt),
                            .model = hash64(text_of(line, "model"))});
    }
    std::ranges::stable_sort(entries_, {}, &Entry::at_us);
}

bool AccessLogTrace::next(SimRequest& out) {
    if (at_ == entries_.size() || (options_.limit > 0 && at_ == options_.limit)) return false;
    const Entry& entry = entries_[at_++];
    const auto since = static_cast<double>(entry.at_us - entries_.front().at_us);
    out.at = Micros{std::llround(since / options_.speed)};
    out.prompt_tokens = entry.prompt_tokens;
    out.output_tokens = entry.output_tokens;
    out.session = 0;
    out.adapter = 0;
    out.blocks.clear();
    out.answer_blocks.clear();
    const std::uint32_t whole = entry.prompt_tokens / k_block_tokens;
    const std::uint32_t shared = entry.cached_tokens / k_block_tokens;
    const std::uint64_t own = block_hash(entry.model, ~std::uint64_t{at_});
    for (std::uint32_t i = 0; i < whole; ++i) {
        out.blocks.push_back(block_hash(i < shared ? entry.model : own, i));
    }
    return true;
}

}  // namespace penstock::sim
