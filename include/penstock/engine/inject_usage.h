// `usage = "inject"`: asks the engine for token counts the client did not ask for, by one change of
// the request's bytes. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace penstock::engine {

/// Put `text` in place of the `removed` bytes at `position`; all other bytes stay as they are.
struct Splice {
    std::size_t position = 0;
    std::size_t removed = 0;
    std::string_view text;  // static
    friend bool operator==(const Splice&, const Splice&) = default;
};

/// What makes a streaming chat or completions body ask for usage
/// (`"stream_options":{"include_usage":true}`). None when it does already, when it does not stream,
/// or when it is not sound JSON as far as it has to be read. A `stream_options` of null or an
/// `include_usage` of false or null is replaced; of equal keys the last counts. Linear, allocates
/// nothing. Only for the endpoints chat_completions and completions, whose API knows the option.
[[nodiscard]] std::optional<Splice> inject_usage(std::string_view body) noexcept;

}  // namespace penstock::engine
