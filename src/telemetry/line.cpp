#include "line.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "penstock/base/json_text.h"
#include "penstock/base/number_text.h"

namespace penstock::telemetry {

namespace {

constexpr std::size_t k_usual_line = 768;  // an access line with room for long names

/// The lowest `count` digits, with zeros before them.
void append_digits(std::string& out, std::uint64_t value, std::size_t count) {
    std::array<char, 4> digits;
    for (std::size_t i = count; i > 0; --i, value /= 10) {
        digits[i - 1] = static_cast<char>('0' + value % 10);
    }
    out.append(digits.data(), count);
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
        out_ += out_.empty() ? "{\"" : ",\"";
        out_ += key;  // ours: nothing to escape
        out_ += "\":";
        return;
    }
    if (!out_.empty()) out_ += ' ';
    out_ += key;
    out_ += '=';
}

void Line::time(std::int64_t unix_ms) {
    begin("time");
    const std::string_view quote = format_ == LogFormat::json ? "\"" : "";
    out_ += quote;
    append_utc(out_, unix_ms);
    out_ += quote;
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

void Line::json(std::string_view key, std::string_view document) {
    if (format_ == LogFormat::logfmt) return text(key, document);
    begin(key);
    out_ += document;
}

void Line::number(std::string_view key, std::uint64_t value) {
    begin(key);
    append_number(out_, value);
}

void Line::flag(std::string_view key, bool value) {
    begin(key);
    out_ += value ? "true" : "false";
}

void Line::millis(std::string_view key, Micros value) {
    begin(key);
    const auto micros = static_cast<std::uint64_t>(std::max<Micros::rep>(value.count(), 0));
    append_number(out_, micros / 1000);
    out_ += '.';
    append_digits(out_, micros % 1000, 3);
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

void append_utc(std::string& out, std::int64_t unix_ms) {
    const std::chrono::sys_time<Millis> moment{Millis{unix_ms}};
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{moment - day};
    append_digits(out, static_cast<std::uint64_t>(std::max(static_cast<int>(date.year()), 0)), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, static_cast<std::uint64_t>(clock.hours().count()), 2);
    out += ':';
    append_digits(out, static_cast<std::uint64_t>(clock.minutes().count()), 2);
    out += ':';
    append_digits(out, static_cast<std::uint64_t>(clock.seconds().count()), 2);
    out += '.';
    append_digits(out, static_cast<std::uint64_t>(clock.subseconds().count()), 3);
    out += 'Z';
}

}  // namespace penstock::telemetry
