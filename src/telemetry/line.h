// One log line, as JSON or logfmt. Every value from outside is escaped. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/units.h"
#include "penstock/telemetry/options.h"

namespace penstock::telemetry {

/// Fields in the order they are given. JSON tells every field (`null` for what is not known), so
/// that a reader finds one schema; logfmt leaves the unknown out.
class Line {
public:
    explicit Line(LogFormat format);

    void time(std::int64_t unix_ms);
    /// Empty means unknown.
    void text(std::string_view key, std::string_view value);
    /// `document`: valid JSON on one line. In logfmt a text like others.
    void json(std::string_view key, std::string_view document);
    void number(std::string_view key, std::uint64_t value);
    void flag(std::string_view key, bool value);
    /// In milliseconds with three decimals.
    void millis(std::string_view key, Micros value);
    void unknown(std::string_view key);

    /// Without a newline.
    [[nodiscard]] std::string take() &&;

private:
    void begin(std::string_view key);

    LogFormat format_;
    std::string out_;
};

/// RFC 3339 in UTC with milliseconds: "2026-02-28T23:59:59.007Z".
void append_utc(std::string& out, std::int64_t unix_ms);

}  // namespace penstock::telemetry
