#include "exposition.h"

#include <algorithm>
#include <charconv>

#include "penstock/base/trim.h"

namespace penstock::engine {
namespace {

bool is_name_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
}

/// Removes the name at the front of `line`; empty when there is none.
std::string_view take_name(std::string_view& line) noexcept {
    const auto end = std::find_if_not(line.begin(), line.end(), is_name_char);
    const std::string_view name = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    if (!name.empty() && name.front() >= '0' && name.front() <= '9') return {};
    line.remove_prefix(name.size());
    return name;
}

/// The place behind a quoted string that begins at `at`, or npos.
std::size_t skip_quoted(std::string_view text, std::size_t at) noexcept {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

/// Removes `{…}` at the front of `line`; false when it is not closed.
bool take_labels(std::string_view& line, std::string_view& labels) noexcept {
    labels = {};
    if (line.empty() || line.front() != '{') return true;
    std::size_t at = 1;
    while (at < line.size() && line[at] != '}') {
        at = line[at] == '"' ? skip_quoted(line, at) : at + 1;
    }
    if (at >= line.size()) return false;
    labels = line.substr(1, at - 1);
    line.remove_prefix(at + 1);
    return true;
}

bool read_value(std::string_view text, double& value) noexcept {
    if (text.starts_with('+')) text.remove_prefix(1);  // "+Inf", which from_chars does not know
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::optional<Series> read_line(std::string_view line) noexcept {
    Series series;
    series.name = take_name(line);
    if (series.name.empty()) return std::nullopt;
    line = trim_blanks(line);
    if (!take_labels(line, series.labels)) return std::nullopt;
    line = trim_blanks(line);
    if (!read_value(line.substr(0, line.find_first_of(" \t")), series.value)) return std::nullopt;
    return series;
}

}  // namespace

std::string_view label(std::string_view labels, std::string_view name) noexcept {
    while (!labels.empty()) {
        const std::size_t equals = labels.find('=');
        if (equals == std::string_view::npos) return {};
        const std::string_view key = trim_blanks(labels.substr(0, equals));
        const std::size_t quote = labels.find('"', equals);
        if (quote == std::string_view::npos) return {};
        const std::size_t end = skip_quoted(labels, quote);
        if (end == std::string_view::npos) return {};
        if (key == name) return labels.substr(quote + 1, end - quote - 2);
        const std::size_t comma = labels.find(',', end);
        if (comma == std::string_view::npos) return {};
        labels.remove_prefix(comma + 1);
    }
    return {};
}

std::string unescape_label(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] == '\\' && at + 1 < value.size()) {
            ++at;
            out += value[at] == 'n' ? '\n' : value[at];
        } else {
            out += value[at];
        }
    }
    return out;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    const auto plain = [](char c) { return c == ':' ? '_' : c; };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [&](char x, char y) { return plain(x) == plain(y); });
}

std::optional<Series> Exposition::next() noexcept {
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find('\n'), rest_.size());
        std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        line = trim_blanks(line);
        if (line.empty() || line.size() > k_line_max) continue;
        if (line.front() == '#') {
            ++good_;
            continue;
        }
        if (const auto series = read_line(line)) {
            ++good_;
            return series;
        }
        ++bad_;
    }
    return std::nullopt;
}

}  // namespace penstock::engine
