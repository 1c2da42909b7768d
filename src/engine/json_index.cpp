#include "json_index.h"

#include <algorithm>

#include <simdjson.h>

namespace penstock::engine {
namespace {

constexpr std::size_t k_capacity_min = 64U << 10U;
constexpr std::size_t k_parser_depth = 1;  // the second stage, which nests, is not used

bool is_space(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace

JsonIndex::JsonIndex() = default;
JsonIndex::~JsonIndex() = default;

bool JsonIndex::read(std::string_view text) {
    text_ = text;
    count_ = 0;
    if (text.empty() || text.size() >= simdjson::SIMDJSON_MAXSIZE_BYTES) return false;
    if (text.size() > capacity_) {
        const std::size_t capacity = std::max({text.size(), capacity_ * 2, k_capacity_min});
        parser_.reset();
        capacity_ = 0;
        const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, k_parser_depth, parser_);
        if (error != simdjson::SUCCESS) return false;
        capacity_ = capacity;
    }
    const auto* bytes =
        reinterpret_cast<const std::uint8_t*>(text.data());  // NOLINT(*-reinterpret-cast): its API
    if (parser_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
        return false;
    }
    at_ = parser_->structural_indexes.get();
    count_ = parser_->n_structural_indexes;
    return count_ > 0;
}

void JsonIndex::shrink() noexcept {
    if (capacity_ <= k_kept_capacity) return;
    parser_.reset();
    capacity_ = 0;
    at_ = nullptr;
    count_ = 0;
}

JsonNode JsonIndex::after(JsonNode node) const noexcept {
    const char first = kind(node);
    if (first != '{' && first != '[') {
        // A separator where a value should be makes no progress: the walker sees bad JSON.
        const bool value =
            first != '\0' && first != ',' && first != ':' && first != '}' && first != ']';
        return {node.at + (value ? 1 : 0)};
    }
    std::uint32_t at = node.at + 1;
    for (std::size_t depth = 1; at < count_; ++at) {
        const char c = text_[at_[at]];
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) return {at + 1};
    }
    return {};
}

std::string_view JsonIndex::token(JsonNode node) const noexcept {
    if (node.at >= count_) return {};
    const std::size_t begin = at_[node.at];
    std::size_t end = node.at + 1 < count_ ? at_[node.at + 1] : text_.size();
    while (end > begin && is_space(text_[end - 1])) --end;
    return text_.substr(begin, end - begin);
}

std::string_view JsonIndex::string(JsonNode node) const noexcept {
    const std::string_view quoted = token(node);
    if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return {};
    return quoted.substr(1, quoted.size() - 2);
}

std::string_view JsonIndex::scalar(JsonNode node) const noexcept {
    const char first = kind(node);
    if (first == '"' || first == '{' || first == '[') return {};
    return token(node);
}

std::string_view JsonIndex::raw(JsonNode node) const noexcept {
    const char first = kind(node);
    if (first != '{' && first != '[') return token(node);
    const JsonNode next = after(node);
    const std::size_t begin = at_[node.at];
    const std::size_t last = at_[std::min(next.at, count_) - 1];
    return text_.substr(begin, last + 1 - begin);
}

}  // namespace penstock::engine
