// A forward cursor over small or seldom read JSON: no index, no allocation, no padding needed.
//
// Checks only what it must in order to pass over values. Every call that cannot go on makes the
// cursor `failed`, after which all calls return empty. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace penstock::engine {

class JsonSkim {
public:
    explicit JsonSkim(std::string_view text) noexcept : text_{text} {}

    /// The next character after white space, not taken; '\0' at the end.
    [[nodiscard]] char peek() noexcept;
    /// Takes `c` if it is next.
    [[nodiscard]] bool take(char c) noexcept;
    /// Takes a string, returns its content, still escaped. Fails when none is next.
    std::string_view string() noexcept;
    /// Takes a number or literal and returns its text.
    std::string_view scalar() noexcept;
    /// Passes over a value of any kind and depth, without recursion; returns its text.
    std::string_view value() noexcept;

    /// Bytes taken so far.
    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

    /// Walks an object: `visit(raw_key)` must take the value, with any of the above. Fails the
    /// cursor when the object is not sound at its own level.
    template <class Visit>
    void each_field(Visit&& visit) noexcept;

private:
    void fail() noexcept { failed_ = true; }

    std::string_view text_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

template <class Visit>
void JsonSkim::each_field(Visit&& visit) noexcept {
    if (!take('{')) return fail();
    if (take('}')) return;
    while (!failed_) {
        const std::string_view key = string();
        if (failed_ || !take(':')) return fail();
        visit(key);
        if (take('}')) return;
        if (!take(',')) return fail();
    }
}

}  // namespace penstock::engine
