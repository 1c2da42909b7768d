// Reads expositions of metrics line by line: Prometheus text 0.0.4 and OpenMetrics 1.0.
//
// Slices of the page; no allocation. Timestamps and exemplars are passed over. Bounded: lines over
// `k_line_max` are skipped. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::engine {

struct Series {
    std::string_view name;
    std::string_view labels;  // between the braces, as written
    double value = 0;         // finite or not: NaN and +Inf are values here
};

/// The value of a label, escapes kept; empty when absent (which means the same, says the format).
[[nodiscard]] std::string_view label(std::string_view labels, std::string_view name) noexcept;

/// A label's value without escapes (`\\`, `\"`, `\n`).
[[nodiscard]] std::string unescape_label(std::string_view value);

/// Names are compared with ':' and '_' as one: newer exporters write `sglang_token_usage` for
/// `sglang:token_usage` when asked for OpenMetrics.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

class Exposition {
public:
    static constexpr std::size_t k_line_max = 64U << 10U;

    explicit Exposition(std::string_view page) noexcept : rest_{page} {}

    /// The next series, or none at the end of the page. Broken lines are passed over.
    [[nodiscard]] std::optional<Series> next() noexcept;
    /// Lines that were comments or series; and lines that were neither, blank ones aside. So far.
    [[nodiscard]] std::size_t good_lines() const noexcept { return good_; }
    [[nodiscard]] std::size_t bad_lines() const noexcept { return bad_; }

private:
    std::string_view rest_;
    std::size_t good_ = 0;
    std::size_t bad_ = 0;
};

}  // namespace penstock::engine
