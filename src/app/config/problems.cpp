#include "problems.h"

#include <algorithm>
#include <limits>

#include "penstock/base/url.h"

namespace penstock::app {

namespace {

constexpr std::size_t k_shown = 120;  // code points of an offending line
constexpr std::size_t k_before = 60;  // of them before the caret, when the line is longer
constexpr std::size_t k_problems = 200;

std::string_view severity_text(Severity severity) noexcept {
    return severity == Severity::error ? "error" : "warning";
}

bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The byte at which code point `index` begins.
std::size_t offset_of(std::string_view text, std::size_t index) noexcept {
    std::size_t at = 0;
    while (at < text.size() && index > 0) {
        ++at;
        while (at < text.size() && continues(text[at])) ++at;
        --index;
    }
    return at;
}

/// One line's text as a terminal can take it, and the caret under its column.
std::string excerpt(const Problem& problem) {
    const std::size_t column = problem.column > 0 ? problem.column - 1 : 0;
    const std::size_t first = column > k_before ? column - k_before : 0;
    std::string_view rest{problem.source_line};
    rest.remove_prefix(offset_of(rest, first));
    std::string line{rest.substr(0, offset_of(rest, k_shown))};
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    const std::string number = std::to_string(problem.line);
    return "  " + number + " | " + line + "\n  " + std::string(number.size(), ' ') + " | " +
           std::string(column - first, ' ') + "^";
}

}  // namespace

std::string to_text(const Problem& problem) {
    std::string text = problem.file;
    if (problem.line > 0) {
        text += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
    }
    if (!text.empty()) text += ": ";
    text += std::string{severity_text(problem.severity)} + ": " + problem.message;
    if (problem.line > 0 && !problem.source_line.empty()) text += "\n" + excerpt(problem);
    if (!problem.hint.empty()) text += "\n  hint: " + problem.hint;
    return text;
}

Problems::Problems(std::string file, std::string_view text) : file_{std::move(file)} {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines_.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void Problems::add(const schema::Finding& finding, Severity severity) {
    Problem problem;
    problem.severity = severity;
    problem.file = file_;
    problem.line = finding.place.line;
    problem.column = finding.place.column;
    problem.message = hide_userinfo_in(finding.message);
    problem.hint = hide_userinfo_in(finding.hint);
    if (problem.line > 0 && problem.line <= lines_.size()) {
        problem.source_line = hide_userinfo_in(lines_[problem.line - 1]);
    }
    problems_.push_back(std::move(problem));
}

void Problems::add_elsewhere(const std::string& where, const std::string& name,
                             const schema::Finding& finding, Severity severity) {
    Problem problem;
    problem.severity = severity;
    problem.file = where;
    problem.message = hide_userinfo_in(name + ": " + finding.message);
    problem.hint = hide_userinfo_in(finding.hint);
    problems_.push_back(std::move(problem));
}

schema::Place Problems::place_of(std::string path) const {
    for (;;) {
        if (const auto found = places.find(path); found != places.end()) return found->second;
        const std::size_t end = path.find_last_of(".[");
        if (end == std::string::npos) return {};
        path.resize(end);
    }
}

void Problems::error(const std::string& path, std::string message, std::string hint) {
    add({place_of(path), std::move(message), std::move(hint)});
}

void Problems::warning(const std::string& path, std::string message, std::string hint) {
    add({place_of(path), std::move(message), std::move(hint)}, Severity::warning);
}

bool Problems::told(const std::string& path) const {
    const auto found = places.find(path);
    if (found == places.end()) return false;
    return std::any_of(problems_.begin(), problems_.end(), [&](const Problem& problem) {
        return problem.line == found->second.line && problem.column == found->second.column;
    });
}

std::vector<Problem> Problems::take() {
    const auto order = [](const Problem& problem) {
        const std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
        return std::pair{problem.line > 0 ? problem.line : last, problem.column};
    };
    std::stable_sort(problems_.begin(), problems_.end(),
                     [&](const Problem& a, const Problem& b) { return order(a) < order(b); });
    if (problems_.size() > k_problems) problems_.resize(k_problems);
    return std::move(problems_);
}

}  // namespace penstock::app
