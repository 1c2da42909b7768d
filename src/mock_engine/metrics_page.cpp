#include "metrics_page.h"

#include <array>
#include <charconv>
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

class Page {
public:
    explicit Page(std::string common_labels) : common_{std::move(common_labels)} {}

    void family(std::string_view name, std::string_view type, std::string_view help) {
        text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
        text_.append(name).append(" ").append(type).append("\n");
    }

    /// With the common labels and `more` ("" or `key="value"`).
    void sample(std::string_view name, double value, std::string_view more = {}) {
        text_.append(name).append("{").append(common_);
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

    void gauge(std::string_view name, double value, std::string_view help) {
        family(name, "gauge", help);
        sample(name, value);
    }

    void counter(std::string_view name, std::uint64_t value, std::string_view help) {
        family(name, "counter", help);
        sample(name, static_cast<double>(value));
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void number(double value) {
        std::array<char, 32> digits{};
        const auto [end, error] =
            std::to_chars(digits.data(), digits.data() + digits.size(), value);
        const std::string_view text{digits.data(), static_cast<std::size_t>(end - digits.data())};
        text_.append(text);
        if (text.find_first_of(".e") == std::string_view::npos) text_.append(".0");
        text_.append("\n");
    }

    std::string common_;
    std::string text_;
};

double capacity_tokens(const sim::EngineProfile& profile) {
    return static_cast<double>(profile.kv_blocks) * profile.block_tokens;
}

void add_vllm_requests(Page& page, const MetricsFacts& facts) {
    const sim::EngineModel::Stats& stats = facts.stats;
    page.gauge("vllm:num_requests_running", stats.running, "Requests in the batch.");
    page.gauge("vllm:num_requests_waiting", stats.waiting, "Requests in the queue.");
    page.gauge("vllm:kv_cache_usage_perc", stats.kv_use,
               "Share of KV cache blocks in use, 0 to 1.");
    page.family("vllm:request_success_total", "counter", "Requests ended, by reason.");
    const std::array<std::pair<std::string_view, std::uint64_t>, 3> reasons{
        {{"stop", stats.finished - facts.at_limit},
         {"length", facts.at_limit},
         {"abort", stats.aborted}}};
    for (const auto& [reason, count] : reasons) {
        page.sample("vllm:request_success_total", static_cast<double>(count),
                    "finished_reason=\"" + std::string{reason} + "\"");
    }
}

std::string vllm_page(const MetricsFacts& facts) {
    Page page{"engine=\"0\",model_name=\"" + escaped(facts.model) + "\""};
    const sim::EngineModel::Stats& stats = facts.stats;
    add_vllm_requests(page, facts);
    page.counter("vllm:prefix_cache_queries_total", stats.cache_queries,
                 "Prompt tokens looked up in the prefix cache.");
    page.counter("vllm:prefix_cache_hits_total", stats.cache_hits,
                 "Prompt tokens found in the prefix cache.");
    page.counter("vllm:num_preemptions_total", stats.preempted, "Requests preempted.");
    page.counter("vllm:prompt_tokens_total", stats.prompt_tokens, "Prompt tokens processed.");
    page.counter("vllm:generation_tokens_total", stats.generated_tokens, "Tokens generated.");
    if (facts.serves_adapters) {
        page.family("vllm:lora_requests_info", "gauge", "Adapters in use; the value is the time.");
        page.bare("vllm:lora_requests_info", facts.now_seconds,
                  "max_lora=\"" + std::to_string(facts.adapter_slots) +
                      "\",running_lora_adapters=\"" + escaped(facts.running_adapters) +
                      "\",waiting_lora_adapters=\"" + escaped(facts.waiting_adapters) + "\"");
    }
    page.family("vllm:cache_config_info", "gauge", "Size of the KV cache.");
    page.bare("vllm:cache_config_info", 1,
              "block_size=\"" + std::to_string(facts.profile.block_tokens) +
                  "\",enable_prefix_caching=\"True\",engine=\"0\",kv_cache_size_tokens=\"" +
                  std::to_string(static_cast<std::uint64_t>(capacity_tokens(facts.profile))) +
                  "\",num_gpu_blocks=\"" + std::to_string(facts.profile.kv_blocks) + "\"");
    page.family("process_start_time_seconds", "gauge", "Start of the process, Unix time.");
    page.bare("process_start_time_seconds", facts.start_seconds, {});
    return page.take();
}

std::string sglang_page(const MetricsFacts& facts) {
    const std::string model = "model_name=\"" + escaped(facts.model) + "\"";
    Page page{"engine_type=\"unified\"," + model};
    const sim::EngineModel::Stats& stats = facts.stats;
    const double capacity = capacity_tokens(facts.profile);
    const double hit_rate = stats.cache_queries == 0 ? 0
                                                     : static_cast<double>(stats.cache_hits) /
                                                           static_cast<double>(stats.cache_queries);
    page.gauge("sglang:num_running_reqs", stats.running, "Requests in the batch.");
    page.gauge("sglang:num_queue_reqs", stats.waiting, "Requests in the queue.");
    page.gauge("sglang:token_usage", stats.kv_use, "Share of KV cache tokens in use, 0 to 1.");
    page.gauge("sglang:num_used_tokens", stats.kv_use * capacity, "KV cache tokens in use.");
    page.gauge("sglang:max_total_num_tokens", capacity, "Size of the KV cache in tokens.");
    page.gauge("sglang:page_size", facts.profile.block_tokens, "Tokens of a KV cache page.");
    page.gauge("sglang:cache_hit_rate", hit_rate, "Prefix cache hit rate, 0 to 1.");
    page.counter("sglang:prompt_tokens_total", stats.prompt_tokens, "Prompt tokens processed.");
    page.counter("sglang:generation_tokens_total", stats.generated_tokens, "Tokens generated.");
    page.family("sglang:cached_tokens_total", "counter", "Prompt tokens found in the cache.");
    page.sample("sglang:cached_tokens_total", static_cast<double>(stats.cache_hits),
                "cache_source=\"device\"");
    if (facts.serves_adapters) {
        page.gauge("sglang:lora_pool_slots_used", static_cast<double>(facts.adapter_slots_used),
                   "Slots for adapters in use.");
        page.gauge("sglang:lora_pool_slots_total", facts.adapter_slots, "Slots for adapters.");
    }
    page.counter("sglang:num_requests_total", stats.finished + stats.aborted, "Requests ended.");
    page.counter("sglang:num_aborted_requests_total", stats.aborted, "Requests aborted.");
    return page.take();
}

}  // namespace

std::string metrics_page(const MetricsFacts& facts) {
    return facts.dialect == fleet::Engine::sglang ? sglang_page(facts) : vllm_page(facts);
}

}  // namespace penstock::mock_engine
