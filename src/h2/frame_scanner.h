// Where frames begin in the bytes of a connection (RFC 9113 4.1). nghttp2 does not tell of frames
// that it ignores, and those must be judged too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::h2 {

/// A frame as its header tells.
struct FrameHeader {
    std::uint8_t type;
    std::uint8_t flags;
    std::size_t length;
    std::int32_t stream;
};

/// Pure. The same frames however the bytes are split.
class FrameScanner {
public:
    /// `preface`: bytes that come before the first frame.
    explicit FrameScanner(std::size_t preface) noexcept : skip_{preface} {}

    /// Walks over the bytes up to and with the next frame's header, and takes them off `bytes`.
    /// True: `header()` is a new one. False: all were walked over.
    [[nodiscard]] bool next(std::string_view& bytes) noexcept;
    [[nodiscard]] FrameHeader header() const noexcept;
    /// A header list has begun, in HEADERS, and its last byte has not been walked over yet.
    [[nodiscard]] bool in_head() const noexcept {
        return head_ == Head::goes_on || (head_ == Head::ends && skip_ > 0);
    }

    /// Gives all bytes to `feed`, and before those of each frame its header to `begin`, so that a
    /// frame is judged by what those before it have changed. False: one of the two wants no more.
    template <class Feed, class Begin>
    [[nodiscard]] bool walk(std::string_view bytes, Feed feed, Begin begin) {
        std::string_view rest = bytes;
        std::size_t fed = 0;
        while (next(rest)) {
            const std::size_t at = bytes.size() - rest.size() - taken_;  // where this one begins
            if (at > fed && !feed(bytes.substr(fed, at - fed))) return false;
            fed = at;
            if (!begin(header())) return false;
        }
        return fed == bytes.size() || feed(bytes.substr(fed));
    }

private:
    static constexpr std::size_t k_header = 9;
    /// What the last frame says of a header list: that its frame is not the last, say.
    enum class Head : std::uint8_t { none, goes_on, ends };
    void note_head() noexcept;

    std::size_t skip_;
    std::size_t seen_ = 0;   // bytes of a header
    std::size_t taken_ = 0;  // bytes of it that the last `next` walked over; others came before
    std::array<char, k_header> header_{};
    Head head_ = Head::none;
};

}  // namespace penstock::h2
