#include "prompt_reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "json_text.h"

namespace penstock::engine {
namespace {

// Bytes that begin a message and divide its parts; a chat template puts its own tokens there.
constexpr std::string_view k_message_mark = "\x1e";
constexpr std::string_view k_field_mark = "\x1f";

/// What becomes of a field of an item.
enum class Use : std::uint8_t { role, content, media, named };

struct FieldUse {
    std::string_view name;
    Use use;
};

// In the order of the prompt.
constexpr std::array k_fields{
    FieldUse{"role", Use::role},
    FieldUse{"thinking", Use::content},
    FieldUse{"summary", Use::content},
    FieldUse{"reasoning", Use::content},
    FieldUse{"reasoning_content", Use::content},
    FieldUse{"text", Use::content},
    FieldUse{"refusal", Use::content},
    FieldUse{"content", Use::content},
    FieldUse{"image_url", Use::media},
    FieldUse{"video_url", Use::media},
    FieldUse{"audio_url", Use::media},
    FieldUse{"input_audio", Use::media},
    FieldUse{"source", Use::media},
    FieldUse{"file", Use::media},
    FieldUse{"file_data", Use::media},
    FieldUse{"file_id", Use::media},
    FieldUse{"name", Use::named},
    FieldUse{"arguments", Use::named},
    FieldUse{"input", Use::named},
    FieldUse{"output", Use::content},
    FieldUse{"function_call", Use::content},
    FieldUse{"function", Use::content},
    FieldUse{"tool_calls", Use::content},
};

// Inside a media object: what holds the bytes or says where they are.
constexpr std::array<std::string_view, 5> k_media_keys{"url", "data", "file_data", "file_id",
                                                       "content"};

}  // namespace

void PromptReader::verbatim(JsonNode node) {
    if (!node || json_.kind(node) == 'n') return;
    out_.text(k_message_mark);
    out_.text(json_.raw(node));
}

void PromptReader::messages(JsonNode node) {
    if (!node) return;
    if (json_.kind(node) == '[') {
        static_cast<void>(json_.each_element(node, [&](JsonNode message) {
            out_.text(k_message_mark);
            content(message);
            return true;
        }));
        return;
    }
    out_.text(k_message_mark);
    content(node);
}

void PromptReader::content(JsonNode node, std::uint32_t depth) {
    if (!node || depth > k_item_depth_max) return;
    switch (json_.kind(node)) {
        case '"':
            out_.string(json_.string(node));
            break;
        case '{':
            item(node, depth);
            break;
        case '[':
            static_cast<void>(json_.each_element(node, [&](JsonNode part) {
                content(part, depth + 1);
                return true;
            }));
            break;
        default:
            break;
    }
}

void PromptReader::item(JsonNode object, std::uint32_t depth) {
    std::array<JsonNode, k_fields.size()> values;
    static_cast<void>(json_.each_field(object, [&](std::string_view key, JsonNode value) {
        if (const FieldUse* const known = find_key(k_fields, key)) {
            values[static_cast<std::size_t>(known - k_fields.data())] = value;
        }
    }));
    for (std::size_t at = 0; at < k_fields.size(); ++at) {
        const JsonNode value = values[at];
        if (!value || json_.kind(value) == 'n') continue;
        switch (k_fields[at].use) {
            case Use::role:
                out_.string(json_.string(value));
                out_.text(k_field_mark);
                break;
            case Use::content:
                content(value, depth + 1);
                break;
            case Use::media:
                media(value, depth + 1);
                break;
            case Use::named:
                named(value);
                break;
        }
    }
}

/// A tool's name or arguments: a string, or (Anthropic's `input`) any JSON as written.
void PromptReader::named(JsonNode node) {
    out_.text(k_field_mark);
    if (json_.kind(node) == '"') {
        out_.string(json_.string(node));
    } else {
        out_.text(json_.raw(node));
    }
}

void PromptReader::media(JsonNode node, std::uint32_t depth) {
    if (json_.kind(node) == '"') {
        out_.digest(json_.string(node));
        return;
    }
    JsonNode bytes;
    static_cast<void>(json_.each_field(node, [&](std::string_view key, JsonNode value) {
        const bool wanted =
            std::any_of(k_media_keys.begin(), k_media_keys.end(),
                        [&](std::string_view name) { return string_equals(key, name); });
        if (wanted && json_.kind(value) != 'n') bytes = value;
    }));
    if (!bytes) return;
    // A document's source may hold parts of text instead of bytes.
    if (json_.kind(bytes) == '"') {
        out_.digest(json_.string(bytes));
    } else {
        content(bytes, depth + 1);
    }
}

void PromptReader::plain_prompt(JsonNode node) {
    if (!node) return;
    if (json_.kind(node) == '"') {
        out_.string(json_.string(node));
        return;
    }
    if (json_.kind(node) != '[') return;
    const JsonNode first{node.at + 1};
    switch (json_.kind(first)) {
        case '"':
            out_.string(json_.string(first));
            break;
        case '[':
            token_ids(first);
            break;
        default:
            token_ids(node);
            break;
    }
}

void PromptReader::token_ids(JsonNode array) {
    static_cast<void>(json_.each_element(array, [&](JsonNode element) {
        const std::string_view digits = json_.scalar(element);
        std::uint32_t id = 0;
        const char* const end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, id);
        if (parsed.ec != std::errc{} || parsed.ptr != end) return false;
        out_.token_id(id);
        return true;
    }));
}

}  // namespace penstock::engine
