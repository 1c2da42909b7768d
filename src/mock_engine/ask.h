// What a client asks of a simulated engine, read from the bodies of the APIs it speaks. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"

namespace penstock::mock_engine {

enum class Api : std::uint8_t { chat, completions, messages, responses, embeddings, tokenize };

struct Ask {
    std::string model;                // empty: the engine's first
    std::string prompt;               // as the engine's template renders it; see `read_ask`
    std::vector<std::string> inputs;  // embeddings: one answer each; `prompt` is all of them
    std::string cache_salt;
    std::optional<std::uint32_t> max_tokens;
    bool stream = false;
    bool include_usage = false;
    bool base64 = false;  // encoding of embeddings
};

/// Reads a body. The prompt of a dialogue is its tools as JSON and a line feed (when there are
/// any), then for each message, the system's first, `<|role|>`, a line feed, its content, a line
/// feed; and
/// `<|assistant|>` and a line feed at the end. Content parts that are not text stand as their JSON.
/// A completion's prompt stands as it is. Errors: bad_request, with the reason in words.
[[nodiscard]] Result<Ask> read_ask(Api api, std::string_view body);

}  // namespace penstock::mock_engine
