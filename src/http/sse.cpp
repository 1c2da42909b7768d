#include "penstock/http/sse.h"

#include <algorithm>
#include <array>

namespace penstock::http {

namespace {

constexpr std::string_view k_data = "data:";
constexpr std::string_view k_usage = "\"usage\":";
constexpr std::size_t k_usage_g = 4;      // its rarest byte in a token's JSON, where quotes abound
constexpr std::size_t k_usage_quote = 6;  // where it could begin once more

// Events that come before the first token, by what their names begin with (of a line only its first
// bytes are kept). Anthropic: streaming messages; OpenAI: responses, streaming events.
constexpr std::array<std::string_view, 8> k_announcements{"ping",
                                                          "message_start",
                                                          "content_block_st",
                                                          "response.created",
                                                          "response.queued",
                                                          "response.in_prog",
                                                          "response.output_i",
                                                          "response.content_"};

bool is_announcement(std::string_view name) noexcept {
    return std::any_of(k_announcements.begin(), k_announcements.end(),
                       [name](std::string_view each) { return name.starts_with(each); });
}

/// The name within an event's data, where engines write no `event:` line; else empty.
std::string_view type_of(std::string_view data) noexcept {
    constexpr std::string_view k_type = R"({"type":)";
    if (!data.starts_with(k_type)) return {};
    data.remove_prefix(k_type.size());
    if (data.starts_with(' ')) data.remove_prefix(1);
    return data.starts_with('"') ? data.substr(1) : std::string_view{};
}

/// A field's value behind "name:", without the one blank that may follow (HTML, 9.2.6).
std::string_view value_of(std::string_view line, std::string_view name) noexcept {
    line.remove_prefix(name.size());
    return line.starts_with(' ') ? line.substr(1) : line;
}

}  // namespace

void SseScanner::feed(std::string_view payload) {
    while (!payload.empty()) {
        if (after_cr_) {  // CR LF is one line end
            after_cr_ = false;
            if (payload.front() == '\n') {
                payload.remove_prefix(1);
                continue;
            }
        }
        // Engines end lines in LF; CR is looked for only before it.
        const std::size_t lf = std::min(payload.find('\n'), payload.size());
        const std::size_t end = std::min(payload.substr(0, lf).find('\r'), lf);
        take_line_part(payload.substr(0, end));
        if (end == payload.size()) return;
        after_cr_ = payload[end] == '\r';
        end_line();
        payload.remove_prefix(end + 1);
    }
}

void SseScanner::take_line_part(std::string_view part) {
    if (part.empty()) return;
    if (line_length_ < k_start) {
        const std::size_t room = std::min<std::size_t>(k_start - line_length_, part.size());
        std::copy_n(part.begin(), room, start_.begin() + static_cast<std::ptrdiff_t>(line_length_));
    }
    line_length_ += part.size();
    event_open_ = true;
    const std::string_view line{start_.data(), std::min<std::size_t>(line_length_, k_start)};
    if (line.starts_with(k_data)) look_for_usage(part);
}

void SseScanner::end_line() {
    const std::string_view line{start_.data(), std::min<std::size_t>(line_length_, k_start)};
    if (line_length_ == 0) {
        end_event();
    } else if (line.starts_with(k_data)) {
        const std::string_view value = value_of(line, k_data);
        if (value == "[DONE]") {
            saw_done_ = true;
        } else {
            event_has_data_ = true;
            if (value.starts_with(R"({"error")")) saw_error_ = true;
            if (!saw_token_ && is_announcement(type_of(value))) announces_ = true;
        }
    } else if (line.starts_with("event:")) {
        const std::string_view value = value_of(line, "event:");
        if (value == "error") saw_error_ = true;
        if (value == "message_stop") saw_done_ = true;
        if (!saw_token_ && is_announcement(value)) announces_ = true;
    }
    line_length_ = 0;
    matched_ = 0;
    capturing_ = false;
}

void SseScanner::end_event() {
    if (event_has_data_) {
        ++events_;
        saw_token_ = saw_token_ || (!announces_ && !saw_error_);
    }
    event_open_ = false;
    event_has_data_ = false;
    announces_ = false;
}

// Within one data line: finds `"usage":` across splits, then copies the object behind it.
void SseScanner::look_for_usage(std::string_view part) {
    while (!part.empty()) {
        if (capturing_) {
            part.remove_prefix(capture(part));
        } else if (matched_ == 0) {
            part.remove_prefix(find_usage(part));
        } else if (matched_ < k_usage.size()) {
            if (part.front() == k_usage[matched_]) {
                ++matched_;
                part.remove_prefix(1);
            } else {
                matched_ = matched_ == k_usage_quote + 1 ? 1 : 0;  // the byte is looked at again
            }
        } else if (part.front() == ' ') {
            part.remove_prefix(1);
        } else {
            matched_ = 0;
            if (part.front() != '{') continue;
            capturing_ = true;
            capture_.clear();
            depth_ = 0;
            in_string_ = escaped_ = false;
        }
    }
}

// Sets `matched_` to how much of the key was found; returns how many bytes need no other look.
std::size_t SseScanner::find_usage(std::string_view part) noexcept {
    for (std::size_t at = part.find(k_usage[k_usage_g], k_usage_g); at != std::string_view::npos;
         at = part.find(k_usage[k_usage_g], at + 1)) {
        if (part.substr(at - k_usage_g, k_usage.size()) != k_usage) continue;
        matched_ = k_usage.size();
        return at - k_usage_g + k_usage.size();
    }
    // The key may begin in the last bytes and end in a later part.
    std::size_t tail = std::min(k_usage.size() - 1, part.size());
    while (tail > 0 && !part.ends_with(k_usage.substr(0, tail))) --tail;
    matched_ = static_cast<std::uint8_t>(tail);
    return part.size();
}

// Copies up to the object's end or the bound; returns how many bytes it took.
std::size_t SseScanner::capture(std::string_view part) {
    for (std::size_t i = 0; i < part.size(); ++i) {
        const char c = part[i];
        capture_ += c;
        if (in_string_) {
            if (escaped_) {
                escaped_ = false;
            } else if (c == '\\') {
                escaped_ = true;
            } else if (c == '"') {
                in_string_ = false;
            }
        } else if (c == '"') {
            in_string_ = true;
        } else if (c == '{') {
            ++depth_;
        } else if (c == '}' && --depth_ == 0) {
            usage_ = capture_;
            capturing_ = false;
            return i + 1;
        }
        if (capture_.size() >= k_usage_max) {
            capturing_ = false;
            return i + 1;
        }
    }
    return part.size();
}

}  // namespace penstock::http
