#include "penstock/base/wildcard.h"

#include <cstddef>

namespace penstock {

namespace {

constexpr std::string_view k_any_segments = "/**";

/// With its slash; empty where `path` does not begin with one.
constexpr std::string_view first_segment(std::string_view path) noexcept {
    return path.starts_with('/') ? path.substr(0, path.find('/', 1)) : std::string_view{};
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;  // the last `*`, and where the text stood then
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

// As with a glob, going back to the last `**` is enough: what an earlier one could take instead,
// the last one can take as well. So a long path costs no more than its length times the pattern's.
bool matches_path(std::string_view pattern, std::string_view path) noexcept {
    if (!path.empty() && path.front() != '/') return false;
    std::string_view after_stars;  // the pattern behind the last `**`, and the path it has to match
    std::string_view resume;
    bool stars = false;
    while (!path.empty()) {
        const std::string_view wanted = first_segment(pattern);
        const std::string_view segment = first_segment(path);
        if (wanted == k_any_segments) {
            pattern.remove_prefix(wanted.size());
            after_stars = pattern;
            resume = path;
            stars = true;
        } else if (!wanted.empty() && matches_glob(wanted, segment)) {
            pattern.remove_prefix(wanted.size());
            path.remove_prefix(segment.size());
        } else if (stars) {
            resume.remove_prefix(first_segment(resume).size());
            path = resume;
            pattern = after_stars;
        } else {
            return false;
        }
    }
    while (first_segment(pattern) == k_any_segments) pattern.remove_prefix(k_any_segments.size());
    return pattern.empty();
}

}  // namespace penstock
