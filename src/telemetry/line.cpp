#include "line.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "penstock/base/json_text.h"

namespace penstock::telemetry {

namespace {

constexpr std::size_t k_usual_line = 768;  // an access line with room for long names

void append_padded(std::string& out, std::uint64_t value, std::size_t digits) {
    const std::string text = std::to_string(value);
    out.append(digits > text.size() ? digits - text.size() : 0, '0');
    out += text;
}

/// What logfmt may show without quotes: printable ASCII but blank, `"`, `=` and backslash.
bool plain(std::string_view value) noexcept {
    return !value.empty() && std::ranges::all_of(value, [](char c) {
        return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
    });
}

}  // namespace

Line::Line(LogFormat format) : format_{format} {
    out_.reserve(k_usual_line);
}

void Line::begin(std::string_view key) {
    if (format_ == LogFormat::json) {
        out_ += out_.empty() ? '{' : ',';
        append_json_string(out_, key);
        out_ += ':';
        return;
    }
    if (!out_.empty()) out_ += ' ';
    out_ += key;
    out_ += '=';
}

void Line::time(std::int64_t unix_ms) {
    begin("time");
    if (format_ == LogFormat::json) {
        append_json_string(out_, utc_text(unix_ms));
    } else {
        out_ += utc_text(unix_ms);
    }
}

void Line::text(std::string_view key, std::string_view value) {
    if (value.empty()) return unknown(key);
    begin(key);
    if (format_ == LogFormat::logfmt && plain(value)) {
        out_ += value;
    } else {
        append_json_string(out_, value);
    }
}

void Line::number(std::string_view key, std::uint64_t value) {
    begin(key);
    out_ += std::to_string(value);
}

void Line::flag(std::string_view key, bool value) {
    begin(key);
    out_ += value ? "true" : "false";
}

void Line::millis(std::string_view key, Micros value) {
    begin(key);
    const auto micros = static_cast<std::uint64_t>(std::max<Micros::rep>(value.count(), 0));
    out_ += std::to_string(micros / 1000);
    out_ += '.';
    append_padded(out_, micros % 1000, 3);
}

void Line::unknown(std::string_view key) {
    if (format_ == LogFormat::logfmt) return;
    begin(key);
    out_ += "null";
}

std::string Line::take() && {
    if (format_ == LogFormat::json) out_ += '}';
    return std::move(out_);
}

std::string utc_text(std::int64_t unix_ms) {
    const std::chrono::sys_time<Millis> moment{Millis{unix_ms}};
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{moment - day};
    std::string out;
    append_padded(out, static_cast<std::uint64_t>(std::max(static_cast<int>(date.year()), 0)), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, static_cast<std::uint64_t>(clock.hours().count()), 2);
    out += ':';
    append_padded(out, static_cast<std::uint64_t>(clock.minutes().count()), 2);
    out += ':';
    append_padded(out, static_cast<std::uint64_t>(clock.seconds().count()), 2);
    out += '.';
    append_padded(out, static_cast<std::uint64_t>(clock.subseconds().count()), 3);
    out += 'Z';
    return out;
}

}  // namespace penstock::telemetry
