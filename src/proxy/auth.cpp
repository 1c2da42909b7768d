#include "penstock/proxy/auth.h"

#include "penstock/base/trim.h"
#include "penstock/net/sha256.h"

namespace penstock::proxy {

namespace {

constexpr std::string_view k_white = " \t";
constexpr std::size_t k_name_max = 256;  // bytes of a key's name in a record

int digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool read_hex(std::string_view text, std::array<unsigned char, 32>& out) noexcept {
    if (text.size() != 2 * out.size()) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return true;
}

std::string_view presented_key(const http::RequestHead& head) noexcept {
    if (const auto value = head.fields.find(http::FieldName::authorization)) {
        constexpr std::string_view k_scheme = "bearer ";
        if (value->size() > k_scheme.size() &&
            http::equal_no_case(value->substr(0, k_scheme.size()), k_scheme)) {
            std::string_view key = value->substr(k_scheme.size());
            key.remove_prefix(std::min(key.find_first_not_of(' '), key.size()));
            return key;
        }
    }
    return head.fields.find(http::FieldName::x_api_key).value_or(std::string_view{});
}

}  // namespace

Result<ApiKeys> ApiKeys::parse(std::string_view text) {
    ApiKeys keys;
    keys.on_ = true;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find_first_of("#\r"));
        line.remove_prefix(std::min(line.find_first_not_of(k_white), line.size()));
        if (line.empty()) continue;
        const std::size_t gap = std::min(line.find_first_of(k_white), line.size());
        Key key;
        if (!read_hex(line.substr(0, gap), key.digest)) {
            return Error{
                ErrorCode::invalid_value,
                "line " + std::to_string(number) + ": not the SHA-256 of a key (64 hex digits)"};
        }
        key.name = trim_blanks(line.substr(gap)).substr(0, k_name_max);
        keys.keys_.push_back(std::move(key));
    }
    return keys;
}

std::optional<std::string_view> ApiKeys::holder(const http::RequestHead& head) const {
    const std::string_view shown = presented_key(head);
    if (shown.empty()) return std::nullopt;
    const auto presented = net::sha256(shown);
    const Key* known = nullptr;
    for (const Key& key : keys_) {
        if (net::equal_constant_time(key.digest, presented)) known = &key;
    }
    if (known == nullptr) return std::nullopt;
    return known->name;
}

}  // namespace penstock::proxy
