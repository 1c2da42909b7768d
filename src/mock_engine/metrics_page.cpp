#include "metrics_page.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <string_view>

namespace penstock::mock_engine {

namespace {

// The three escapes of a label's value (Prometheus text format 0.0.4).
std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

using Stats = sim::EngineModel::Stats;

class Page {
public:
    /// `common`: labels of all families; `rank_label`: that of the ranks.
    Page(const MetricsFacts& facts, const std::string& common, std::string_view rank_label)
        : facts_{facts} {
        for (std::size_t rank = 0; rank < facts.ranks.size(); ++rank) {
            std::string& labels = labels_.emplace_back();
            if (!rank_label.empty()) {
                labels.append(rank_label).append("=\"").append(std::to_string(rank)).append("\",");
            }
            labels += common;
        }
    }

    void family(std::string_view name, std::string_view type, std::string_view help) {
        text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
        text_.append(name).append(" ").append(type).append("\n");
    }

    /// Of one rank, with its labels and `more` ("" or `key="value"`).
    void sample(std::string_view name, double value, std::string_view more = {},
                std::size_t rank = 0) {
        text_.append(name).append("{").append(labels_[rank]);
        if (!more.empty()) text_.append(",").append(more);
        text_.append("} ");
        number(value);
    }

    void bare(std::string_view name, double value, std::string_view labels) {
        text_.append(name);
        if (!labels.empty()) text_.append("{").append(labels).append("}");
        text_.append(" ");
        number(value);
    }

    /// Of each rank.
    template <class Value>
    void gauge(std::string_view name, Value value, std::string_view help) {
        family(name, "gauge", help);
        each_rank(name, value);
    }

    template <class Value>
    void counter(std::string_view name, Value value, std::string_view help) {
        family(name, "counter", help);
        each_rank(name, value);
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    template <class Value>
    void each_rank(std::string_view name, Value value) {
        for (std::size_t rank = 0; rank < labels_.size(); ++rank) {
            sample(name, static_cast<double>(value(facts_.ranks[rank])), {}, rank);
        }
    }

    void number(double value) {
        std::array<char, 32> digits{};
        const auto [end, error] =
            std::to_chars(digits.data(), digits.data() + digits.size(), value);
        const std::string_view text{digits.data(), static_cast<std::size_t>(end - digits.data())};
        text_.append(text);
        if (text.find_first_of(".e") == std::string_view::npos) text_.append(".0");
        text_.append("\n");
    }

    const MetricsFacts& facts_;
    std::vector<std::string> labels_;  // of each rank
    std::string text_;
};

/// One number for all ranks.
auto always(double value) {
    return [value](const Stats& /*stats*/) { return value; };
}

template <class Value>
std::uint64_t sum_of(const MetricsFacts& facts, Value Stats::*value) {
    std::uint64_t sum = 0;
    for (const Stats& each : facts.ranks) sum += each.*value;
    return sum;
}

double capacity_tokens(const sim::EngineProfile& profile) {
    return static_cast<double>(profile.kv_blocks) * profile.block_tokens;
}

void add_vllm_requests(Page& page, const MetricsFacts& facts) {
    page.gauge("vllm:num_requests_running", std::mem_fn(&Stats::running), "Requests in the batch.");
    page.gauge("vllm:num_requests_waiting", std::mem_fn(&Stats::waiting), "Requests in the queue.");
    page.gauge("vllm:kv_cache_usage_perc", std::mem_fn(&Stats::kv_use),
               "Share of KV cache blocks in use, 0 to 1.");
    page.family("vllm:request_success_total", "counter", "Requests ended, by reason.");
    const std::array<std::pair<std::string_view, std::uint64_t>, 3> reasons{
        {{"stop", sum_of(facts, &Stats::finished) - facts.at_limit},
         {"length", facts.at_limit},
         {"abort", sum_of(facts, &Stats::aborted)}}};
    for (const auto& [reason, count] : reasons) {
        page.sample("vllm:request_success_total", static_cast<double>(count),
                    "finished_reason=\"" + std::string{reason} + "\"");
    }
}

void add_vllm_adapters(Page& page, const MetricsFacts& facts) {
    page.family("vllm:lora_requests_info", "gauge", "Adapters in use; the value is the time.");
    page.bare("vllm:lora_requests_info", facts.now_seconds,
              "max_lora=\"" + std::to_string(facts.adapter_slots) + "\",running_lora_adapters=\"" +
                  escaped(facts.running_adapters) + "\",waiting_lora_adapters=\"" +
                  escaped(facts.waiting_adapters) + "\"");
}

void add_vllm_config(Page& page, const MetricsFacts& facts) {
    page.family("vllm:cache_config_info", "gauge", "Size of the KV cache.");
    for (std::size_t rank = 0; rank < facts.ranks.size(); ++rank) {
        page.bare("vllm:cache_config_info", 1,
                  "block_size=\"" + std::to_string(facts.profile.block_tokens) +
                      "\",enable_prefix_caching=\"True\",engine=\"" + std::to_string(rank) +
                      "\",kv_cache_size_tokens=\"" +
                      std::to_string(static_cast<std::uint64_t>(capacity_tokens(facts.profile))) +
                      "\",num_gpu_blocks=\"" + std::to_string(facts.profile.kv_blocks) + "\"");
    }
}

std::string vllm_page(const MetricsFacts& facts) {
    Page page{facts, "model_name=\"" + escaped(facts.model) + "\"", "engine"};
    add_vllm_requests(page, facts);
    page.counter("vllm:prefix_cache_queries_total", std::mem_fn(&Stats::cache_queries),
                 "Prompt tokens looked up in the prefix cache.");
    page.counter("vllm:prefix_cache_hits_total", std::mem_fn(&Stats::cache_hits),
                 "Prompt tokens found in the prefix cache.");
    page.counter("vllm:num_preemptions_total", std::mem_fn(&Stats::preempted),
                 "Requests preempted.");
    page.counter("vllm:prompt_tokens_total", std::mem_fn(&Stats::prompt_tokens),
                 "Prompt tokens processed.");
    page.counter("vllm:generation_tokens_total", std::mem_fn(&Stats::generated_tokens),
                 "Tokens generated.");
    if (facts.serves_adapters) add_vllm_adapters(page, facts);
    add_vllm_config(page, facts);
    page.family("process_start_time_seconds", "gauge", "Start of the process, Unix time.");
    page.bare("process_start_time_seconds", facts.start_seconds, {});
    return page.take();
}

double hit_rate(const Stats& stats) {
    if (stats.cache_queries == 0) return 0;
    return static_cast<double>(stats.cache_hits) / static_cast<double>(stats.cache_queries);
}

void add_sglang_counters(Page& page, const MetricsFacts& facts) {
    page.counter("sglang:prompt_tokens_total", std::mem_fn(&Stats::prompt_tokens),
                 "Prompt tokens processed.");
    page.counter("sglang:generation_tokens_total", std::mem_fn(&Stats::generated_tokens),
                 "Tokens generated.");
    page.family("sglang:cached_tokens_total", "counter", "Prompt tokens found in the cache.");
    // A labelled series comes with its first count.
    if (const std::uint64_t hits = sum_of(facts, &Stats::cache_hits); hits > 0) {
        page.sample("sglang:cached_tokens_total", static_cast<double>(hits),
                    "cache_source=\"device\"");
    }
    page.counter(
        "sglang:num_requests_total",
        [](const Stats& stats) { return stats.finished + stats.aborted; }, "Requests ended.");
    page.counter("sglang:num_aborted_requests_total", std::mem_fn(&Stats::aborted),
                 "Requests aborted.");
}

std::string sglang_page(const MetricsFacts& facts) {
    Page page{facts, "engine_type=\"unified\",model_name=\"" + escaped(facts.model) + "\"",
              facts.ranks.size() > 1 ? "dp_rank" : ""};
    const double capacity = capacity_tokens(facts.profile);
    page.gauge("sglang:num_running_reqs", std::mem_fn(&Stats::running), "Requests in the batch.");
    page.gauge("sglang:num_queue_reqs", std::mem_fn(&Stats::waiting), "Requests in the queue.");
    page.gauge("sglang:token_usage", std::mem_fn(&Stats::kv_use),
               "Share of KV cache tokens in use, 0 to 1.");
    page.gauge(
        "sglang:num_used_tokens",
        [capacity](const Stats& stats) { return stats.kv_use * capacity; },
        "KV cache tokens in use.");
    page.gauge("sglang:max_total_num_tokens", always(capacity), "Size of the KV cache in tokens.");
    page.gauge("sglang:page_size", always(facts.profile.block_tokens),
               "Tokens of a KV cache page.");
    page.gauge("sglang:cache_hit_rate", hit_rate, "Prefix cache hit rate, 0 to 1.");
    add_sglang_counters(page, facts);
    if (facts.serves_adapters) {
        page.gauge("sglang:lora_pool_slots_used",
                   always(static_cast<double>(facts.adapter_slots_used)),
                   "Slots for adapters in use.");
        page.gauge("sglang:lora_pool_slots_total", always(facts.adapter_slots),
                   "Slots for adapters.");
    }
    return page.take();
}

}  // namespace

std::string metrics_page(const MetricsFacts& facts) {
    return facts.dialect == fleet::Engine::sglang ? sglang_page(facts) : vllm_page(facts);
}

}  // namespace penstock::mock_engine
