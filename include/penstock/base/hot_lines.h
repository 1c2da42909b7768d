// Cache lines that a wake-up is about to touch.
//
// A stream sleeps 20 ms between two tokens, and by then its objects have left the caches. Touched
// one after the other, each costs a wait for memory; named beforehand they are fetched together,
// while the stream before this one is dealt with. Only a hint: naming a line that is not touched,
// or has been freed, costs nothing but the fetch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace penstock {

inline constexpr std::uintptr_t k_cache_line = 64;

/// Fetches the first two lines of an object that is going to be written; nothing for null.
inline void fetch_two_lines(const void* object) noexcept {
    if (object == nullptr) return;
    const auto* line = static_cast<const char*>(object);
    __builtin_prefetch(line, 1);
    __builtin_prefetch(line + k_cache_line, 1);
}

/// A list of lines as it is put together, by each object on the way its own.
class HotLines {
public:
    static constexpr std::size_t k_most = 14;

    /// The lines of `bytes` bytes from `from` on; beyond `k_most` they are left out.
    void add(const void* from, std::size_t bytes) noexcept {
        const auto begin = reinterpret_cast<std::uintptr_t>(from);
        for (auto line = begin / k_cache_line; line <= (begin + bytes - 1) / k_cache_line; ++line) {
            if (count_ < k_most) lines_[count_++] = line;
        }
    }
    /// From one place of an object up to another behind it.
    void add_between(const void* begin, const void* end) noexcept {
        add(begin, static_cast<std::size_t>(static_cast<const char*>(end) -
                                            static_cast<const char*>(begin)));
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    friend class NearLines;
    std::size_t count_ = 0;
    std::array<std::uintptr_t, k_most> lines_{};  // addresses by the size of a line
};

/// The same list as it is kept, in less than a line itself. Does not move: it counts from its own
/// address.
class NearLines {
public:
    NearLines() = default;
    NearLines(const NearLines&) = delete;
    NearLines& operator=(const NearLines&) = delete;

    /// Lines more than 128 GiB away are left out.
    void set(const HotLines& lines) noexcept {
        std::size_t count = 0;
        for (std::size_t i = 0; i < lines.count_; ++i) {
            const auto distance = static_cast<std::intptr_t>(lines.lines_[i] - own_line());
            const auto near = static_cast<std::int32_t>(distance);
            if (near == distance && near != 0) distances_[count++] = near;
        }
        if (count < distances_.size()) distances_[count] = 0;
    }

    void fetch() const noexcept {
        for (const std::int32_t distance : distances_) {
            if (distance == 0) return;
            const std::uintptr_t line =
                own_line() + static_cast<std::uintptr_t>(static_cast<std::intptr_t>(distance));
            // NOLINTNEXTLINE(performance-no-int-to-ptr): an address kept as a distance, not read
            __builtin_prefetch(reinterpret_cast<const void*>(line * k_cache_line), 1);
        }
    }

private:
    [[nodiscard]] std::uintptr_t own_line() const noexcept {
        return reinterpret_cast<std::uintptr_t>(this) / k_cache_line;
    }

    std::array<std::int32_t, HotLines::k_most> distances_{};  // in lines; ended by 0
};

}  // namespace penstock
