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

/// What becomes of a field of an item. The order is the order in the prompt.
enum class Slot : std::uint8_t {
    role,
    reasoning,
    text,
    content,
    media,
    name,
    arguments,
    output,
    nested,
    count
};

struct FieldName {
    std::string_view name;
    Slot slot;
};

constexpr std::array k_fields{
    FieldName{"role", Slot::role},
    FieldName{"content", Slot::content},
    FieldName{"text", Slot::text},
    FieldName{"refusal", Slot::text},
    FieldName{"reasoning", Slot::reasoning},
    FieldName{"reasoning_content", Slot::reasoning},
    FieldName{"thinking", Slot::reasoning},
    FieldName{"summary", Slot::reasoning},
    FieldName{"name", Slot::name},
    FieldName{"arguments", Slot::arguments},
    FieldName{"input", Slot::arguments},
    FieldName{"output", Slot::output},
    FieldName{"tool_calls", Slot::nested},
    FieldName{"function", Slot::nested},
    FieldName{"function_call", Slot::nested},
    FieldName{"image_url", Slot::media},
    FieldName{"video_url", Slot::media},
    FieldName{"audio_url", Slot::media},
    FieldName{"input_audio", Slot::media},
    FieldName{"source", Slot::media},
    FieldName{"file", Slot::media},
    FieldName{"file_data", Slot::media},
    FieldName{"file_id", Slot::media},
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
    std::array<JsonNode, static_cast<std::size_t>(Slot::count)> slots;
    static_cast<void>(json_.each_field(object, [&](std::string_view key, JsonNode value) {
        const auto* const found =
            std::find_if(k_fields.begin(), k_fields.end(),
                         [&](const FieldName& field) { return string_equals(key, field.name); });
        // A null beside a value of the same slot (content and refusal, say) must not hide it.
        if (found == k_fields.end() || json_.kind(value) == 'n') return;
        slots[static_cast<std::size_t>(found->slot)] = value;
    }));
    const auto at = [&](Slot slot) { return slots[static_cast<std::size_t>(slot)]; };
    if (at(Slot::role)) {
        out_.string(json_.string(at(Slot::role)));
        out_.text(k_field_mark);
    }
    content(at(Slot::reasoning), depth + 1);
    content(at(Slot::text), depth + 1);
    content(at(Slot::content), depth + 1);
    media(at(Slot::media), depth + 1);
    named_text(at(Slot::name));
    named_text(at(Slot::arguments));
    content(at(Slot::output), depth + 1);
    content(at(Slot::nested), depth + 1);
}

/// A tool's name or arguments: a string, or (Anthropic's `input`) any JSON as written.
void PromptReader::named_text(JsonNode node) {
    if (!node) return;
    out_.text(k_field_mark);
    if (json_.kind(node) == '"') {
        out_.string(json_.string(node));
    } else {
        out_.text(json_.raw(node));
    }
}

void PromptReader::media(JsonNode node, std::uint32_t depth) {
    if (!node) return;
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
        const auto end = digits.data() + digits.size();
        if (std::from_chars(digits.data(), end, id).ptr != end || digits.empty()) return false;
        out_.token_id(id);
        return true;
    }));
}

}  // namespace penstock::engine
