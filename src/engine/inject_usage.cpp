#include "penstock/engine/inject_usage.h"

#include "json_skim.h"
#include "json_text.h"

namespace penstock::engine {
namespace {

constexpr std::string_view k_whole = R"("stream_options":{"include_usage":true},)";
constexpr std::string_view k_value = R"({"include_usage":true})";
constexpr std::string_view k_first = R"("include_usage":true,)";
constexpr std::string_view k_only = R"("include_usage":true)";
constexpr std::string_view k_true = "true";

/// Where a value lies; its text empty when absent.
struct Found {
    std::string_view text;
    std::size_t position = 0;
};

Found take_value(JsonSkim& json) noexcept {
    static_cast<void>(json.peek());  // so that the position is the value's, not the white space's
    const std::size_t position = json.position();
    return {json.value(), position};
}

/// The splice inside an existing object of options that begins at `position`.
std::optional<Splice> inside(std::string_view options, std::size_t position) noexcept {
    JsonSkim json{options};
    Found usage;
    bool empty = true;
    json.each_field([&](std::string_view key) {
        empty = false;
        const Found found = take_value(json);
        if (string_equals(key, "include_usage")) usage = found;
    });
    if (json.failed() || usage.text == k_true) return std::nullopt;
    if (!usage.text.empty()) {
        return Splice{position + usage.position, usage.text.size(), k_true};
    }
    return Splice{position + 1, 0, empty ? k_only : k_first};
}

}  // namespace

std::optional<Splice> inject_usage(std::string_view body) noexcept {
    JsonSkim json{body};
    if (json.peek() != '{') return std::nullopt;
    const std::size_t begin = json.position() + 1;
    Found options;
    bool stream = false;
    json.each_field([&](std::string_view key) {
        const Found found = take_value(json);
        if (string_equals(key, "stream")) stream = found.text == k_true;
        if (string_equals(key, "stream_options")) options = found;
    });
    if (json.failed() || json.peek() != '\0' || !stream) return std::nullopt;
    if (options.text.empty()) return Splice{begin, 0, k_whole};
    if (options.text.front() == '{') return inside(options.text, options.position);
    if (options.text == "null") return Splice{options.position, options.text.size(), k_value};
    return std::nullopt;  // neither object nor null: the engine will refuse it
}

}  // namespace penstock::engine
