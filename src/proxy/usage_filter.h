// `usage = "inject"`: takes the usage-only event, which the client did not ask for, out of an event
// stream again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "penstock/http/stream.h"

namespace penstock::proxy {

/// Works on payload, split anywhere. Whole events pass at once; a half-come one, which no client
/// would act on yet, is held until its end or `k_held_max` bytes. Thread: one worker. Allocates
/// only while its two buffers grow.
class UsageFilter {
public:
    static constexpr std::size_t k_held_max = 8 * 1024;  // of an event whose end has not come

    /// What passes of `payload` and of what was held before; valid until the next call.
    [[nodiscard]] std::string_view pass(http::Pieces payload);

    /// What is still held, at the stream's end.
    [[nodiscard]] std::string_view rest() noexcept;

    /// True where a line of our own would begin a new event.
    [[nodiscard]] bool between_events() const noexcept { return !passing_; }

private:
    void take(std::string_view piece);
    void end_event();

    std::string held_;  // of the current event
    std::string out_;
    std::size_t line_ = 0;  // bytes of the current line
    bool after_cr_ = false;
    bool passing_ = false;  // the current event was too long to be held: it passes as it comes
};

/// An event whose data is a chunk with `"choices":[]` and a usage object: what
/// `stream_options.include_usage` adds at a stream's end.
[[nodiscard]] bool is_usage_only(std::string_view event) noexcept;

}  // namespace penstock::proxy
