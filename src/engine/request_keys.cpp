#include "request_keys.h"

#include "json_text.h"

namespace penstock::engine {
namespace {

struct KeyName {
    std::string_view name;
    Key key;
};

constexpr std::array k_keys{
    KeyName{"model", Key::model},
    KeyName{"lora_path", Key::adapter},     // SGLang
    KeyName{"lora_request", Key::adapter},  // TensorRT-LLM: an object with lora_name
    KeyName{"cache_salt", Key::cache_salt},
    KeyName{"extra_key", Key::extra_key},  // SGLang: a second part of the cache's namespace
    KeyName{"stream", Key::stream},
    KeyName{"stream_options", Key::stream_options},
    KeyName{"max_tokens", Key::max_tokens},
    KeyName{"max_completion_tokens", Key::max_completion_tokens},
    KeyName{"max_output_tokens", Key::max_output_tokens},
    KeyName{"session_id", Key::session_id},
    KeyName{"prompt_cache_key", Key::prompt_cache_key},
    KeyName{"conversation", Key::conversation},
    KeyName{"safety_identifier", Key::safety_identifier},
    KeyName{"user", Key::user},
    KeyName{"metadata", Key::metadata},
    KeyName{"previous_response_id", Key::previous_response_id},
    KeyName{"tools", Key::tools},
    KeyName{"functions", Key::functions},
    KeyName{"documents", Key::documents},
    KeyName{"system", Key::system},
    KeyName{"instructions", Key::instructions},
    KeyName{"messages", Key::messages},
    KeyName{"prompt", Key::prompt},
    KeyName{"input", Key::input},
};

}  // namespace

bool RequestKeys::read(const JsonIndex& json) {
    if (!json.whole()) return false;
    return json.each_field(json.root(), [&](std::string_view name, JsonNode value) {
        if (const KeyName* const known = find_key(k_keys, name)) {
            nodes_[static_cast<std::size_t>(known->key)] = value;
        }
    });
}

JsonNode field(const JsonIndex& json, JsonNode object, std::string_view key) {
    JsonNode found;
    if (!object) return found;
    static_cast<void>(json.each_field(object, [&](std::string_view name, JsonNode value) {
        if (string_equals(name, key)) found = value;
    }));
    return found;
}

}  // namespace penstock::engine
