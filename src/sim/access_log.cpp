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
constexpr double k_bytes_per_token = 4;  // where no line tells

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

/// Part of the prompt that was believed to be cached.
float cached_part(const Json& line) {
    const auto blocks = static_cast<float>(count_of(line, "prompt_blocks"));
    const auto predicted = static_cast<float>(count_of(line, "predicted_blocks"));
    return blocks > 0 ? std::min(predicted / blocks, 1.0F) : 0;
}

std::string part(std::uint64_t count, std::string_view what) {
    return count == 0 ? "" : ", " + std::to_string(count) + std::string{what};
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
        if (const char* why = add(text); why != nullptr) bad_line(number, why);
    }
    estimate();
    std::ranges::stable_sort(entries_, {}, &Entry::at_us);
}

const char* AccessLogTrace::add(const std::string& text) {
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object()) return "it is not a JSON object";
    if (!line.contains("request_id")) return nullptr;  // the log's other lines
    const std::uint32_t prompt = count_of(line, "prompt_tokens");
    const std::uint32_t output = count_of(line, "output_tokens");
    if (prompt == 0 && output == 0) {
        const bool failed = count_of(line, "status") >= 400;
        if (failed || count_of(line, "prompt_blocks") == 0) {
            ++(failed ? tally_.failed : tally_.without_prompt);
            return nullptr;
        }
    }
    const std::optional<std::int64_t> ended = read_time(line);
    const auto duration = line.find("duration_ms");
    if (!ended || duration == line.end() || !duration->is_number())
        return "time or duration_ms is missing or wrong";
    ++(prompt > 0 ? tally_.counted : tally_.estimated);
    const double took = std::clamp(duration->get<double>(), 0.0, 1e9);
    entries_.push_back({.at_us = *ended - std::llround(took * 1000),
                        .prompt_tokens = prompt,
                        .bytes = count_of(line, "bytes_in"),
                        .cached_part = cached_part(line),
                        .output_tokens = std::max(output, 1U),
                        .cached_tokens = std::min(count_of(line, "cached_tokens"), prompt),
                        .model = hash64(text_of(line, "model"))});
    return nullptr;
}

void AccessLogTrace::estimate() {
    double bytes = 0;
    double tokens = 0;
    for (const Entry& entry : entries_) {
        if (entry.prompt_tokens == 0 || entry.bytes == 0) continue;
        bytes += entry.bytes;
        tokens += entry.prompt_tokens;
    }
    const double per_token = tokens > 0 ? std::max(bytes / tokens, 1.0) : k_bytes_per_token;
    for (Entry& entry : entries_) {
        if (entry.prompt_tokens > 0) continue;
        entry.prompt_tokens = static_cast<std::uint32_t>(std::max(entry.bytes / per_token, 1.0));
        entry.cached_tokens = static_cast<std::uint32_t>(static_cast<double>(entry.prompt_tokens) *
                                                         static_cast<double>(entry.cached_part));
    }
}

std::string AccessLogTrace::account() const {
    std::string text = part(tally_.counted, " with the tokens that the engine counted") +
                       part(tally_.estimated,
                            " estimated by their bytes, since the engine told no usage (usage = "
                            "\"inject\" of a route asks for it)");
    const std::string left_out = part(tally_.failed, " refused, failed or cancelled") +
                                 part(tally_.without_prompt, " without a prompt");
    if (!left_out.empty()) text += "; left out" + left_out.substr(1);
    return text.substr(std::min<std::size_t>(2, text.size()));
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
