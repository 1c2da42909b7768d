// Reads MessagePack value by value, as its caller expects them. No tree, no recursion, no memory.
// Source: github.com/msgpack/msgpack/blob/master/spec.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::kv_events {

/// Once something was not as expected, everything fails. The text outlives the reader.
class MsgpackReader {
public:
    explicit MsgpackReader(std::string_view text) noexcept : rest_{text} {}

    /// Elements of the array that begins here. Never more than there are bytes.
    [[nodiscard]] std::optional<std::uint32_t> array() noexcept;
    /// Pairs of the map that begins here.
    [[nodiscard]] std::optional<std::uint32_t> map() noexcept;
    /// An integer; a negative one as the bits of its 64.
    [[nodiscard]] std::optional<std::uint64_t> integer() noexcept;
    /// A string or bytes.
    [[nodiscard]] std::optional<std::string_view> text() noexcept;
    /// One whole value of any kind, as it is written.
    [[nodiscard]] std::optional<std::string_view> value() noexcept;
    /// True, and behind it, when a nil is next.
    [[nodiscard]] bool nil() noexcept;

    [[nodiscard]] bool at_array() const noexcept;
    [[nodiscard]] bool at_map() const noexcept;
    [[nodiscard]] bool at_text() const noexcept;
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    struct Head {
        enum class Kind : std::uint8_t { nil, scalar, integer, text, array, map, bad };
        Kind kind = Kind::bad;
        std::uint64_t value = 0;  // of an integer; else the number of elements, pairs or bytes
        std::size_t bytes = 0;    // of the head
    };
    [[nodiscard]] Head head() const noexcept;
    [[nodiscard]] Head short_head(std::uint8_t first) const noexcept;
    [[nodiscard]] Head sized(Head::Kind kind, std::size_t width,
                             std::size_t more = 0) const noexcept;
    [[nodiscard]] Head number(std::size_t width, bool has_sign) const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> count(Head::Kind kind) noexcept;

    std::string_view rest_;
};

}  // namespace penstock::kv_events
