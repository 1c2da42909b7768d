// Follows a body's framing without copying it: which bytes are content, which may be passed on as
// they are, where it ends.
//
// No I/O. One framer a message and direction; some 200 bytes. Thread: one worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/http/head.h"

namespace penstock::h1 {

inline constexpr std::size_t k_chunk_line_max = 256;        // bytes, extension included
inline constexpr std::size_t k_extensions_max = 16 * 1024;  // bytes of extensions in one body
inline constexpr std::size_t k_trailers_max = 8 * 1024;     // bytes
inline constexpr std::size_t k_trailer_fields_max = 16;

/// Where `BodyFramer::feed` puts its pieces; one per worker is enough.
struct Framed {
    static constexpr std::size_t k_pieces = 64;
    std::array<std::string_view, k_pieces> payload_pieces;
    std::array<std::string_view, 4 * k_pieces> wire_pieces;  // worst: data, digits, CRLF per chunk
    std::size_t payload_count = 0;
    std::size_t wire_count = 0;
    std::size_t consumed = 0;  // bytes of the input that are dealt with
    [[nodiscard]] std::span<const std::string_view> payload() const noexcept {
        return {payload_pieces.data(), payload_count};
    }
    [[nodiscard]] std::span<const std::string_view> wire() const noexcept {
        return {wire_pieces.data(), wire_count};
    }
};

class BodyFramer {
public:
    BodyFramer() = default;
    BodyFramer(http::Framing framing, std::uint64_t length) noexcept;

    /// Takes bytes of the body. `out` is filled anew; its views point into `bytes` or into this
    /// framer and live until the next call. `wire` is the same content with valid chunked framing:
    /// extensions are left out, a size line is held back until it is complete, the last chunk and
    /// the trailers are never part of it (who ends the body writes them). For other framings `wire`
    /// equals `payload`. May stop early when `out` is full: call again with the rest. After
    /// `done()` nothing more is consumed. Errors: bad_request for whatever is not the grammar of
    /// RFC 9112 7.1; `out` has no pieces then, and later calls fail too.
    [[nodiscard]] Result<void> feed(std::string_view bytes, Framed& out);

    /// The connection has ended. True when that is a proper end of this body.
    [[nodiscard]] bool end_of_input() noexcept;

    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    /// True where an own chunk may follow the `wire` handed out so far: not inside a chunk's data,
    /// and not after an error met there.
    [[nodiscard]] bool at_boundary() const noexcept;
    /// Content bytes so far.
    [[nodiscard]] std::uint64_t content() const noexcept { return content_; }
    /// Trailer fields, after `done()`; forbidden ones (framing, routing, authentication; RFC
    /// 9110 6.5.1) are left out.
    [[nodiscard]] const http::Fields& trailers() const noexcept;

    static constexpr std::size_t k_hot = 40;  // of its first bytes: what each piece touches

private:
    enum class State : std::uint8_t {
        done,
        failed,         // what was handed out ends between chunks
        failed_inside,  // ... inside one
        counted,        // Content-Length: `left_` bytes to come
        endless,        // until the connection's end
        size,           // digits of a size line
        blank,          // white space before an extension
        extension,
        size_lf,  // CR seen at the end of a size line
        data,     // `left_` bytes of a chunk to come
        data_cr,
        data_lf,
        trailers,
    };
    struct Run;

    Result<void> feed_chunked(std::string_view bytes, Framed& out);
    bool size_line(char c);
    void end_size_line(std::string_view bytes, std::size_t at, Run& run, Framed& out);
    Result<void> take_trailers(std::string_view bytes, Framed& out);
    Result<void> parse_trailers(std::string_view text);

    State state_ = State::done;
    bool extended_ = false;         // the current size line has an extension
    std::uint8_t digits_ = 0;       // of the current size line, in `held_`
    std::uint16_t line_ = 0;        // bytes of the current size line
    std::uint32_t extensions_ = 0;  // bytes of all extensions
    std::uint64_t left_ = 0;
    std::uint64_t content_ = 0;
    std::array<char, 16> held_{};  // the current size line's digits
    std::array<char, 16>
        line_before_{};  // those of a line that came in parts, while its piece is in use
    std::unique_ptr<std::string> trailer_text_;
    std::unique_ptr<http::Fields> trailer_fields_;
};

}  // namespace penstock::h1
