// A scanner of Server-Sent Events over de-framed bytes, split anywhere. Keeps no body, only a
// bounded window.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::http {

/// Counts events with content and captures what the access log needs, in one pass over the bytes.
/// Thread: one worker. No allocation but the capture's, once per stream.
class SseScanner {
public:
    static constexpr std::size_t k_usage_max = 1024;  // bytes captured from `"usage":{`

    /// Takes payload bytes in order.
    void feed(std::string_view payload);

    /// Events ended by an empty line that carried a `data:` other than `[DONE]`.
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    /// `data: [DONE]` or Anthropic's `event: message_stop` was seen.
    [[nodiscard]] bool saw_done() const noexcept { return saw_done_; }
    /// An event's data began with `{"error"` or the event was named `error`.
    [[nodiscard]] bool saw_error() const noexcept { return saw_error_; }
    /// The last complete `{…}` after a `"usage":` in one `data:` line, or empty. `null` is not
    /// captured, nor an object longer than `k_usage_max`.
    [[nodiscard]] std::string_view usage() const noexcept { return usage_; }
    /// An event carried what was generated: one with data that is no error, and none that only
    /// announces an answer, as Responses and Anthropic's messages do before anything is prefilled.
    [[nodiscard]] bool saw_token() const noexcept { return saw_token_; }
    /// True between events: an own event may be put here. False inside a half-sent line or event.
    [[nodiscard]] bool between_events() const noexcept { return line_length_ == 0 && !event_open_; }

    static constexpr std::size_t k_hot = 64;  // of its first bytes: what each piece touches

private:
    void take_line_part(std::string_view part);
    void end_line();
    void end_event();
    void look_for_usage(std::string_view part);
    std::size_t find_usage(std::string_view part) noexcept;
    std::size_t capture(std::string_view part);

    static constexpr std::size_t k_start = 40;  // bytes of a line that tell what it is

    std::uint64_t events_ = 0;
    std::uint64_t line_length_ = 0;
    std::uint32_t depth_ = 0;   // of braces, while capturing
    std::uint8_t matched_ = 0;  // bytes of `"usage":` seen
    bool capturing_ = false;
    bool in_string_ = false;
    bool escaped_ = false;
    bool after_cr_ = false;
    bool event_open_ = false;
    bool event_has_data_ = false;
    bool saw_done_ = false;
    bool saw_error_ = false;
    bool saw_token_ = false;
    bool announces_ = false;             // the current event is no token
    std::array<char, k_start> start_{};  // of the current line
    std::string usage_;
    std::string capture_;
};

}  // namespace penstock::http
