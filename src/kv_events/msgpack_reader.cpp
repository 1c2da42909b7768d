#include "msgpack_reader.h"

namespace penstock::kv_events {

namespace {

std::uint64_t big_endian(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
    return value;
}

}  // namespace

// A length of `width` bytes behind the first, then `more` bytes that belong to the head.
MsgpackReader::Head MsgpackReader::sized(Head::Kind kind, std::size_t width,
                                         std::size_t more) const noexcept {
    if (rest_.size() < 1 + width + more) return {};
    return {.kind = kind, .value = big_endian(rest_.substr(1, width)), .bytes = 1 + width + more};
}

MsgpackReader::Head MsgpackReader::number(std::size_t width, bool has_sign) const noexcept {
    Head head = sized(Head::Kind::integer, width);
    const unsigned bits = 8 * static_cast<unsigned>(width);
    const bool negative = has_sign && bits < 64 && ((head.value >> (bits - 1)) & 1U) != 0;
    if (negative) head.value |= ~std::uint64_t{0} << bits;
    return head;
}

MsgpackReader::Head MsgpackReader::short_head(std::uint8_t first) const noexcept {
    using Kind = Head::Kind;
    if (first < 0x80) return {.kind = Kind::integer, .value = first, .bytes = 1};
    if (first < 0x90) return {.kind = Kind::map, .value = first & 0x0FU, .bytes = 1};
    if (first < 0xA0) return {.kind = Kind::array, .value = first & 0x0FU, .bytes = 1};
    if (first < 0xC0) return {.kind = Kind::text, .value = first & 0x1FU, .bytes = 1};
    return {.kind = Kind::integer, .value = ~std::uint64_t{0xFF} | first, .bytes = 1};
}

MsgpackReader::Head MsgpackReader::head() const noexcept {
    using Kind = Head::Kind;
    if (rest_.empty()) return {};
    const auto first = static_cast<std::uint8_t>(rest_.front());
    if (first < 0xC0 || first >= 0xE0) return short_head(first);
    const auto scalar = [this](std::size_t bytes) {
        return rest_.size() < bytes ? Head{} : Head{.kind = Kind::scalar, .bytes = bytes};
    };
    const auto width = [first](unsigned base) { return std::size_t{1} << (first - base); };
    switch (first) {
        case 0xC0:
            return {.kind = Kind::nil, .bytes = 1};
        case 0xC2:
        case 0xC3:
            return scalar(1);
        case 0xC4:
        case 0xC5:
        case 0xC6:
            return sized(Kind::text, width(0xC4));
        case 0xC7:
        case 0xC8:
        case 0xC9:
            return sized(Kind::text, width(0xC7), 1);
        case 0xCA:
            return scalar(5);
        case 0xCB:
            return scalar(9);
        case 0xCC:
        case 0xCD:
        case 0xCE:
        case 0xCF:
            return number(width(0xCC), false);
        case 0xD0:
        case 0xD1:
        case 0xD2:
        case 0xD3:
            return number(width(0xD0), true);
        case 0xD4:
        case 0xD5:
        case 0xD6:
        case 0xD7:
        case 0xD8:
            return scalar(2 + width(0xD4));
        case 0xD9:
        case 0xDA:
        case 0xDB:
            return sized(Kind::text, width(0xD9));
        case 0xDC:
        case 0xDD:
            return sized(Kind::array, 2 * width(0xDC));
        case 0xDE:
        case 0xDF:
            return sized(Kind::map, 2 * width(0xDE));
        default:
            return {};
    }
}

std::optional<std::uint32_t> MsgpackReader::count(Head::Kind kind) noexcept {
    const Head next = head();
    if (next.kind != kind || next.value > rest_.size() - next.bytes) {
        rest_ = {};
        return std::nullopt;
    }
    rest_.remove_prefix(next.bytes);
    return static_cast<std::uint32_t>(next.value);
}

std::optional<std::uint32_t> MsgpackReader::array() noexcept {
    return count(Head::Kind::array);
}

std::optional<std::uint32_t> MsgpackReader::map() noexcept {
    return count(Head::Kind::map);
}

std::optional<std::uint64_t> MsgpackReader::integer() noexcept {
    const Head next = head();
    if (next.kind != Head::Kind::integer) {
        rest_ = {};
        return std::nullopt;
    }
    rest_.remove_prefix(next.bytes);
    return next.value;
}

std::optional<std::string_view> MsgpackReader::text() noexcept {
    const std::optional<std::uint32_t> length = count(Head::Kind::text);
    if (!length) return std::nullopt;
    const std::string_view found = rest_.substr(0, *length);
    rest_.remove_prefix(*length);
    return found;
}

std::optional<std::string_view> MsgpackReader::value() noexcept {
    const std::string_view begin = rest_;
    std::uint64_t missing = 1;  // values; a loop, since a nest can be as deep as the text is long
    while (missing > 0) {
        const Head next = head();
        const bool many = next.kind == Head::Kind::array || next.kind == Head::Kind::map;
        const bool text = next.kind == Head::Kind::text;
        const std::uint64_t room = rest_.size() - next.bytes;
        if (next.kind == Head::Kind::bad || ((many || text) && next.value > room)) {
            rest_ = {};
            return std::nullopt;
        }
        --missing;
        if (many) missing += next.kind == Head::Kind::map ? 2 * next.value : next.value;
        rest_.remove_prefix(next.bytes + (text ? next.value : 0));
    }
    return begin.substr(0, begin.size() - rest_.size());
}

bool MsgpackReader::nil() noexcept {
    if (head().kind != Head::Kind::nil) return false;
    rest_.remove_prefix(1);
    return true;
}

bool MsgpackReader::at_array() const noexcept {
    return head().kind == Head::Kind::array;
}

bool MsgpackReader::at_map() const noexcept {
    return head().kind == Head::Kind::map;
}

bool MsgpackReader::at_text() const noexcept {
    return head().kind == Head::Kind::text;
}

}  // namespace penstock::kv_events
