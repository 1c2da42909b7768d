// Where the structure of a JSON text is, and how to walk it in any order.
//
// simdjson's first stage finds every structural character and the start of every scalar in one
// vectorised pass, and refuses bad UTF-8, unclosed strings and raw control characters. Walking is
// then by position, so that a value found early can be read late: an object's keys come in any
// order, but the prompt is wanted in the engine's order, after model and salt. (simdjson's own
// on-demand iterator goes forward only.) Values are slices of the text; nothing is copied.
//
// Tolerant: what is walked over but not looked into is not validated; its engine will do that.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace penstock::engine {

/// A value's place: an index into the structural positions.
struct JsonNode {
    static constexpr std::uint32_t k_absent = UINT32_MAX;
    std::uint32_t at = k_absent;
    explicit operator bool() const noexcept { return at != k_absent; }
};

class JsonIndex {
public:
    /// Larger texts give their memory back after use (`shrink`): 4 bytes an index, one per byte at
    /// worst.
    static constexpr std::size_t k_kept_capacity = 1U << 20U;

    JsonIndex();
    ~JsonIndex();
    JsonIndex(const JsonIndex&) = delete;
    JsonIndex& operator=(const JsonIndex&) = delete;

    /// Indexes `text`, which must live as long as the walks. False: not JSON.
    [[nodiscard]] bool read(std::string_view text);
    void shrink() noexcept;

    [[nodiscard]] JsonNode root() const noexcept { return {0}; }
    /// The value's first character: `{ [ "`, or a scalar's; '\0' past the end.
    [[nodiscard]] char kind(JsonNode node) const noexcept {
        return node.at < count_ ? text_[at_[node.at]] : '\0';
    }
    /// The place behind the value: a comma or a closing bracket in sound JSON; absent when the
    /// value is not closed. O(size of value).
    [[nodiscard]] JsonNode after(JsonNode node) const noexcept;
    /// True when the root value is closed and nothing follows it.
    [[nodiscard]] bool whole() const noexcept { return count_ > 0 && after(root()).at == count_; }

    /// A string's content, still escaped; empty when `node` is no string.
    [[nodiscard]] std::string_view string(JsonNode node) const noexcept;
    /// A number's or literal's text; empty for strings and containers.
    [[nodiscard]] std::string_view scalar(JsonNode node) const noexcept;
    /// The value's whole text.
    [[nodiscard]] std::string_view raw(JsonNode node) const noexcept;

    /// Calls `visit(raw_key, value)` for each field. False when `object` is not a sound object at
    /// its own level.
    template <class Visit>
    bool each_field(JsonNode object, Visit&& visit) const;
    /// Calls `visit(value)` until it returns false. False when `array` is not sound at its level.
    template <class Visit>
    bool each_element(JsonNode array, Visit&& visit) const;

private:
    [[nodiscard]] std::string_view token(JsonNode node) const noexcept;

    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
    std::size_t capacity_ = 0;
    std::string_view text_;
    const std::uint32_t* at_ = nullptr;
    std::uint32_t count_ = 0;
};

template <class Visit>
bool JsonIndex::each_field(JsonNode object, Visit&& visit) const {
    if (kind(object) != '{') return false;
    JsonNode node{object.at + 1};
    if (kind(node) == '}') return true;
    while (true) {
        if (kind(node) != '"' || kind({node.at + 1}) != ':') return false;
        const JsonNode value{node.at + 2};
        const JsonNode next = after(value);
        if (next.at <= value.at) return false;
        visit(string(node), value);
        if (kind(next) == '}') return true;
        if (kind(next) != ',') return false;
        node = {next.at + 1};
    }
}

template <class Visit>
bool JsonIndex::each_element(JsonNode array, Visit&& visit) const {
    if (kind(array) != '[') return false;
    JsonNode node{array.at + 1};
    if (kind(node) == ']') return true;
    while (true) {
        const JsonNode next = after(node);
        if (next.at <= node.at) return false;
        if (!visit(node)) return true;
        if (kind(next) == ']') return true;
        if (kind(next) != ',') return false;
        node = {next.at + 1};
    }
}

}  // namespace penstock::engine
