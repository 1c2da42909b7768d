// The top-level keys of a request's body that inspection knows, found in one pass. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "json_index.h"

namespace penstock::engine {

enum class Key : std::uint8_t {
    model,
    adapter,
    cache_salt,
    extra_key,
    stream,
    stream_options,
    max_tokens,
    max_completion_tokens,
    max_output_tokens,
    session_id,
    prompt_cache_key,
    conversation,
    safety_identifier,
    user,
    metadata,
    previous_response_id,
    tools,
    functions,
    documents,
    system,
    instructions,
    messages,
    prompt,
    input,
    count
};

/// Where each key's value is; of equal keys the last one, as Python's parser has it.
class RequestKeys {
public:
    /// False: the text is no JSON object, or broken at its top level, or something follows it.
    [[nodiscard]] bool read(const JsonIndex& json);
    [[nodiscard]] JsonNode operator[](Key key) const noexcept {
        return nodes_[static_cast<std::size_t>(key)];
    }

private:
    std::array<JsonNode, static_cast<std::size_t>(Key::count)> nodes_;
};

/// The last value of `key` in an object; absent when there is none or `object` is no object.
[[nodiscard]] JsonNode field(const JsonIndex& json, JsonNode object, std::string_view key);

}  // namespace penstock::engine
