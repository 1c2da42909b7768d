#include "penstock/base/wildcard.h"

#include <cstddef>

namespace penstock {

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

bool matches_path(std::string_view pattern, std::string_view path) noexcept {
    for (;;) {
        if (pattern == "/**") return path.empty() || path.front() == '/';
        if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
        if (pattern.front() != '/' || path.front() != '/') return false;
        pattern.remove_prefix(1);
        path.remove_prefix(1);
        const std::size_t pattern_end = pattern.find('/');
        const std::size_t path_end = path.find('/');
        const std::string_view wanted = pattern.substr(0, pattern_end);
        if (wanted == "**") {
            // In the middle: try every number of segments.
            const std::string_view rest = pattern.substr(wanted.size());
            for (std::size_t at = 0; at <= path.size(); ++at) {
                const bool boundary = at == 0 || at == path.size() || path[at] == '/';
                if (boundary && matches_path(rest, path.substr(at))) return true;
            }
            return false;
        }
        if (!matches_glob(wanted, path.substr(0, path_end))) return false;
        pattern = pattern_end == std::string_view::npos ? std::string_view{}
                                                        : pattern.substr(pattern_end);
        path = path_end == std::string_view::npos ? std::string_view{} : path.substr(path_end);
    }
}

}  // namespace penstock
