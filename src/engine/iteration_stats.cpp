#include "iteration_stats.h"

#include <algorithm>
#include <charconv>

#include "json_index.h"
#include "request_keys.h"

namespace penstock::engine {
namespace {

std::optional<double> number_of(const JsonIndex& json, JsonNode object, std::string_view key) {
    const JsonNode node = field(json, object, key);
    if (!node) return std::nullopt;
    const std::string_view text = json.scalar(node);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0)) {
        return std::nullopt;
    }
    return value;
}

void read_cache(const JsonIndex& json, JsonNode stats, fleet::LoadSample& sample) {
    const auto blocks = number_of(json, stats, "maxNumBlocks");
    const auto used = number_of(json, stats, "usedNumBlocks");
    const auto tokens = number_of(json, stats, "tokensPerBlock");
    if (blocks && *blocks > 0) {
        if (used) sample.kv_use = std::min(*used / *blocks, 1.0);
        if (tokens && *tokens > 0) sample.kv_tokens = *blocks * *tokens;
    }
    const auto reused = number_of(json, stats, "reusedBlocks");
    const auto missed = number_of(json, stats, "missedBlocks");
    if (reused && missed && tokens) {
        sample.cache_hits = *reused * *tokens;
        sample.cache_queries = (*reused + *missed) * *tokens;
    }
}

}  // namespace

Result<fleet::LoadSample> read_iteration_stats(std::string_view page) {
    JsonIndex json;
    fleet::LoadSample sample;
    if (!json.read(page) || !json.whole())
        return Error{ErrorCode::invalid_value, "the page is no JSON"};
    JsonNode newest;
    if (json.kind(json.root()) == '{') {
        newest = json.root();
    } else {
        const bool sound = json.each_element(json.root(), [&](JsonNode element) {
            newest = element;
            return true;
        });
        if (!sound) return Error{ErrorCode::invalid_value, "the page is no list of iterations"};
    }
    if (!newest) return sample;
    sample.running = number_of(json, newest, "numActiveRequests");
    sample.waiting = number_of(json, newest, "numQueuedRequests");
    sample.running_max = number_of(json, newest, "maxNumActiveRequests");
    read_cache(json, field(json, newest, "kvCacheStats"), sample);
    return sample;
}

}  // namespace penstock::engine
