// Reads the prompt out of an indexed body, in the order the engine will see it.
//
// One reading serves all APIs, since their items differ only in their keys: a message, a content
// part, a tool call and an item of the Responses API are all objects of which some fields reach the
// prompt. What does not (`type`, ids, `cache_control`, which clients move from turn to turn) is
// left out, so that a longer conversation begins with the shorter one's bytes. Pure.
#pragma once

#include <cstdint>

#include "json_index.h"
#include "prompt_writer.h"

namespace penstock::engine {

/// Items nest at most so deep (message, tool result, its parts, a part's source); deeper ones are
/// left out. Keeps the walk linear: each level passes over its own part of the body once.
inline constexpr std::uint32_t k_item_depth_max = 8;

class PromptReader {
public:
    PromptReader(const JsonIndex& json, PromptWriter& out) noexcept : json_{json}, out_{out} {}

    /// A value as it is written: tool definitions. Clients write them alike each time; the engine's
    /// template renders them in its own way.
    void verbatim(JsonNode node);
    /// An array of messages or items, or a string. Each message begins with a separator.
    void messages(JsonNode node);
    /// A string, an array of parts, or one part.
    void content(JsonNode node, std::uint32_t depth = 0);
    /// A completion's prompt or an embedding's input: a string, token ids, or an array of either,
    /// of which the first counts.
    void plain_prompt(JsonNode node);

private:
    void item(JsonNode object, std::uint32_t depth);
    void named(JsonNode node);
    void media(JsonNode node, std::uint32_t depth);
    void token_ids(JsonNode array);

    const JsonIndex& json_;
    PromptWriter& out_;
};

}  // namespace penstock::engine
