// Expositions into load samples, by the engine's table.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "exposition.h"
#include "gauge.h"
#include "iteration_stats.h"
#include "metric_tables.h"
#include "penstock/base/trim.h"
#include "penstock/engine/dialect.h"

namespace penstock::engine {
namespace {

constexpr std::size_t k_adapters_max = 1024;
constexpr double k_kv_tokens_most = 1e12;  // as `index_tokens`

std::optional<double> number(std::string_view text) noexcept {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Tokens of KV cache out of an info metric's labels. "None" (vLLM before 0.9, now and then) is no
/// number.
std::optional<double> capacity(std::string_view labels) noexcept {
    if (const auto tokens = number(label(labels, "kv_cache_size_tokens")); tokens && *tokens > 0) {
        return tokens;
    }
    const auto blocks = number(label(labels, "num_gpu_blocks"));
    const auto size = number(label(labels, "block_size"));
    if (!blocks || !size || *blocks <= 0 || *size <= 0) return std::nullopt;
    return *blocks * *size;
}

/// One page's reading: a gauge per row of the table.
class Reading {
public:
    /// `rank`: the only one that counts; empty: all.
    Reading(const Dialect& dialect, std::string_view rank) noexcept
        : dialect_{dialect}, rank_{rank} {}

    void take(const Series& series) noexcept;
    [[nodiscard]] fleet::LoadSample sample() const;

private:
    [[nodiscard]] std::optional<double> fold(Field field) const noexcept;
    void compute(fleet::LoadSample& sample) const;
    void add_adapters(std::string_view key, bool waiting, std::vector<fleet::AdapterUse>& to) const;

    [[nodiscard]] bool is_another_ranks(const Series& series) const noexcept;

    const Dialect& dialect_;
    std::string_view rank_;
    std::array<Gauge, k_rows_max> gauges_;
    std::string_view newest_adapters_;  // labels of the series with the largest timestamp
    double newest_ = -1;
};

bool Reading::is_another_ranks(const Series& series) const noexcept {
    if (rank_.empty() || dialect_.rank_label.empty()) return false;
    const std::string_view rank = label(series.labels, dialect_.rank_label);
    return !rank.empty() && rank != rank_;
}

void Reading::take(const Series& series) noexcept {
    if (!std::isfinite(series.value) || series.value < 0 || is_another_ranks(series)) return;
    for (std::size_t at = 0; at < dialect_.rows.size(); ++at) {
        const MetricRow& row = dialect_.rows[at];
        if (!same_name(series.name, row.name)) continue;
        if (!dialect_.excluded_label.empty() &&
            !label(series.labels, dialect_.excluded_label).empty()) {
            continue;
        }
        if (!row.label_name.empty() && label(series.labels, row.label_name) != row.label_value) {
            continue;
        }
        if (row.take == Take::adapters) {
            // One series for each combination ever seen, its value the time it was last true.
            if (series.value > newest_) {
                newest_ = series.value;
                newest_adapters_ = series.labels;
            }
            continue;
        }
        const auto value =
            row.take == Take::capacity ? capacity(series.labels) : std::optional{series.value};
        const bool apart = dialect_.rank_label.empty();
        if (value) {
            gauges_[at].add(*value, apart ? "" : label(series.labels, dialect_.rank_label), apart);
        }
    }
}

std::optional<double> Reading::fold(Field field) const noexcept {
    std::optional<double> value;
    double added = 0;
    for (std::size_t at = 0; at < dialect_.rows.size(); ++at) {
        const MetricRow& row = dialect_.rows[at];
        if (row.field != field) continue;
        const auto folded = gauges_[at].fold(row.combine);
        if (row.adds) {
            added += folded.value_or(0);
        } else if (!value) {
            value = folded;
        }
    }
    if (value) *value += added;
    return value;
}

void Reading::compute(fleet::LoadSample& sample) const {
    const auto block_tokens = fold(Field::block_tokens);
    if (const auto blocks = fold(Field::kv_blocks); !sample.kv_tokens && blocks && block_tokens) {
        sample.kv_tokens = *blocks * *block_tokens;
    }
    if (const auto used = fold(Field::kv_used_tokens);
        !sample.kv_use && used && sample.kv_tokens && *sample.kv_tokens > 0) {
        sample.kv_use = *used / *sample.kv_tokens;
    }
    // A capacity of nothing is an engine that does not know it yet; numbers in labels may be any.
    if (sample.kv_tokens && !(*sample.kv_tokens > 0 && *sample.kv_tokens <= k_kv_tokens_most)) {
        sample.kv_tokens.reset();
    }
    if (sample.kv_host_tokens && !(*sample.kv_host_tokens <= k_kv_tokens_most)) {
        sample.kv_host_tokens.reset();
    }
    if (sample.kv_use) sample.kv_use = std::min(*sample.kv_use, 1.0);
    // One counter alone tells no rate.
    if (!sample.cache_queries || !sample.cache_hits ||
        (dialect_.cache_in_blocks && !block_tokens)) {
        sample.cache_queries.reset();
        sample.cache_hits.reset();
    } else if (dialect_.cache_in_blocks) {
        *sample.cache_queries *= *block_tokens;
        *sample.cache_hits *= *block_tokens;
    }
}

void Reading::add_adapters(std::string_view key, bool waiting,
                           std::vector<fleet::AdapterUse>& to) const {
    std::string_view list = label(newest_adapters_, key);
    while (!list.empty() && to.size() < k_adapters_max) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string name = unescape_label(trim_blanks(list.substr(0, comma)));
        list.remove_prefix(std::min(comma + 1, list.size()));
        const fleet::AdapterId id = fleet::adapter_id(name);
        const bool known = std::ranges::find(to, id, &fleet::AdapterUse::id) != to.end();
        if (id != 0 && !known) to.push_back({std::move(name), id, waiting});
    }
}

fleet::LoadSample Reading::sample() const {
    fleet::LoadSample sample;
    sample.running = fold(Field::running);
    sample.waiting = fold(Field::waiting);
    sample.kv_use = fold(Field::kv_use);
    sample.kv_tokens = fold(Field::kv_tokens);
    sample.kv_host_tokens = fold(Field::kv_host_tokens);
    sample.running_max = fold(Field::running_max);
    sample.cache_queries = fold(Field::cache_queries);
    sample.cache_hits = fold(Field::cache_hits);
    sample.start_time = fold(Field::start_time);
    add_adapters("running_lora_adapters", false, sample.adapters);
    add_adapters("waiting_lora_adapters", true, sample.adapters);
    sample.adapter_slots = number(label(newest_adapters_, "max_lora"));
    if (!(sample.adapter_slots > 0)) sample.adapter_slots = fold(Field::adapter_slots);
    sample.adapter_slots_used = fold(Field::adapter_slots_used);
    compute(sample);
    return sample;
}

Result<fleet::LoadSample> read_text(const Dialect& dialect, std::string_view page,
                                    std::string_view rank = {}) {
    Reading reading{dialect, rank};
    Exposition exposition{page};
    while (const auto series = exposition.next()) reading.take(*series);
    // An empty page is an engine that has counted nothing yet; one without a good line is a page of
    // something else.
    if (exposition.good_lines() == 0 && exposition.bad_lines() > 0) {
        return Error{ErrorCode::invalid_value, "the page is no exposition of metrics"};
    }
    return reading.sample();
}

Result<fleet::LoadSample> read_custom(const CustomNames& names, std::string_view page) {
    const std::array rows{
        MetricRow{names.running, Field::running, Combine::sum},
        MetricRow{names.waiting, Field::waiting, Combine::sum},
        MetricRow{names.kv_use, Field::kv_use, Combine::rank_mean},
        MetricRow{names.kv_tokens, Field::kv_tokens, Combine::sum},
        MetricRow{"process_start_time_seconds", Field::start_time, Combine::max},
    };
    return read_text(Dialect{rows, "", ""}, page);
}

}  // namespace

Result<fleet::LoadSample> read_metrics(fleet::Engine engine, const CustomNames& names,
                                       std::string_view page, std::optional<std::uint32_t> rank) {
    if (engine == fleet::Engine::custom) return read_custom(names, page);
    if (engine == fleet::Engine::trtllm) {
        const std::size_t first = page.find_first_not_of(" \t\r\n");
        if (first != std::string_view::npos && (page[first] == '[' || page[first] == '{')) {
            return read_iteration_stats(page);
        }
    }
    return read_text(dialect_of(engine), page, rank ? std::to_string(*rank) : std::string{});
}

}  // namespace penstock::engine
