// What a stream of Server-Sent Events says, found the plain way: all bytes at once, line by line.
// The scanner must agree with it however the bytes were split.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "penstock/http/sse.h"

namespace penstock::support {

struct SseFacts {
    std::uint64_t events = 0;
    bool done = false;
    bool error = false;
    bool between = true;
    std::string usage;

    friend bool operator==(const SseFacts&, const SseFacts&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const SseFacts& facts) {
    return out << facts.events << " events, done " << facts.done << ", error " << facts.error
               << ", between " << facts.between << ", usage '" << facts.usage << "'";
}

[[nodiscard]] inline SseFacts facts_of(const http::SseScanner& scanner) {
    return {scanner.events(), scanner.saw_done(), scanner.saw_error(), scanner.between_events(),
            std::string{scanner.usage()}};
}

/// Length of the object at the start of `text`; 0 when it does not end within the bound.
[[nodiscard]] inline std::size_t object_length(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    text = text.substr(0, http::SseScanner::k_usage_max);
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (in_string && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            in_string = !in_string;
        } else if (!in_string && text[at] == '{') {
            ++depth;
        } else if (!in_string && text[at] == '}' && --depth == 0) {
            return at + 1;
        }
    }
    return 0;
}

/// The last complete usage object of a line.
[[nodiscard]] inline std::optional<std::string> usage_in(std::string_view line) {
    constexpr std::string_view k_key = "\"usage\":";
    std::optional<std::string> found;
    std::size_t at = line.find(k_key);
    while (at != std::string_view::npos) {
        std::string_view rest = line.substr(at + k_key.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        if (rest.starts_with('{')) {
            const std::size_t length = object_length(rest);
            if (length > 0) found = std::string{rest.substr(0, length)};
            const std::size_t taken =
                length > 0 ? length : std::min(http::SseScanner::k_usage_max, rest.size());
            rest.remove_prefix(taken);
        }
        at = line.find(k_key, line.size() - rest.size());
    }
    return found;
}

[[nodiscard]] inline SseFacts read_sse(std::string_view text) {
    SseFacts facts;
    bool has_data = false;
    const auto value = [](std::string_view line, std::size_t name) {
        line.remove_prefix(name);
        return line.starts_with(' ') ? line.substr(1) : line;
    };
    while (!text.empty()) {
        const std::size_t end = text.find_first_of("\r\n");
        const std::string_view line = text.substr(0, end);
        if (line.starts_with("data:")) {
            if (auto usage = usage_in(line)) facts.usage = *usage;
        }
        if (!line.empty()) facts.between = false;
        if (end == std::string_view::npos) break;
        text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
        if (line.empty()) {
            facts.events += has_data ? 1 : 0;
            has_data = false;
            facts.between = true;
        } else if (line.starts_with("data:")) {
            const std::string_view data = value(line, 5);
            facts.done = facts.done || data == "[DONE]";
            facts.error = facts.error || data.starts_with("{\"error\"");
            has_data = has_data || data != "[DONE]";
        } else if (line.starts_with("event:")) {
            facts.done = facts.done || value(line, 6) == "message_stop";
            facts.error = facts.error || value(line, 6) == "error";
        }
    }
    return facts;
}

}  // namespace penstock::support
