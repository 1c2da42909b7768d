#include "json_skim.h"

namespace penstock::engine {

char JsonSkim::peek() noexcept {
    if (failed_) return '\0';
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
        ++at_;
    }
    return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonSkim::take(char c) noexcept {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
}

std::string_view JsonSkim::string() noexcept {
    if (!take('"')) {
        fail();
        return {};
    }
    const std::size_t begin = at_;
    while (true) {
        const std::size_t quote = text_.find('"', at_);
        if (quote == std::string_view::npos) {
            fail();
            return {};
        }
        at_ = quote + 1;
        std::size_t slashes = 0;
        while (quote - slashes > begin && text_[quote - slashes - 1] == '\\') ++slashes;
        if (slashes % 2 == 0) return text_.substr(begin, quote - begin);
    }
}

std::string_view JsonSkim::scalar() noexcept {
    static_cast<void>(peek());
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           std::string_view{"{}[]:,\" \n\r\t"}.find(text_[at_]) == std::string_view::npos) {
        ++at_;
    }
    if (at_ == begin) fail();
    return text_.substr(begin, at_ - begin);
}

std::string_view JsonSkim::value() noexcept {
    static_cast<void>(peek());
    const std::size_t begin = at_;
    std::size_t depth = 0;
    do {
        switch (peek()) {
            case '{':
            case '[':
                ++depth;
                ++at_;
                break;
            case '}':
            case ']':
                if (depth == 0) return fail(), std::string_view{};
                --depth;
                ++at_;
                break;
            case '"':
                static_cast<void>(string());
                break;
            case ',':
            case ':':
                if (depth == 0) return fail(), std::string_view{};
                ++at_;
                break;
            case '\0':
                return fail(), std::string_view{};
            default:
                static_cast<void>(scalar());
                break;
        }
        if (failed_) return {};
    } while (depth > 0);
    return text_.substr(begin, at_ - begin);
}

}  // namespace penstock::engine
