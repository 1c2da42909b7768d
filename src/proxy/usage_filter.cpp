#include "usage_filter.h"

namespace penstock::proxy {

namespace {

std::string_view without_space(std::string_view text) noexcept {
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

/// What follows `"key":`, white space aside; empty when there is no such key. Inside a JSON string
/// the key's closing quote would be escaped, so what is found is a key.
std::string_view value_of(std::string_view json, std::string_view quoted_key) noexcept {
    for (std::size_t at = json.find(quoted_key); at != std::string_view::npos;
         at = json.find(quoted_key, at + 1)) {
        const std::string_view rest = without_space(json.substr(at + quoted_key.size()));
        if (rest.starts_with(':')) return without_space(rest.substr(1));
    }
    return {};
}

}  // namespace

bool is_usage_only(std::string_view event) noexcept {
    const std::string_view choices = value_of(event, "\"choices\"");
    return choices.starts_with('[') && without_space(choices.substr(1)).starts_with(']') &&
           value_of(event, "\"usage\"").starts_with('{');
}

std::string_view UsageFilter::pass(http::Pieces payload) {
    out_.clear();
    for (const std::string_view piece : payload) take(piece);
    if (passing_ || held_.size() > k_held_max) {
        passing_ = true;
        out_.append(held_);
        held_.clear();
    }
    return out_;
}

std::string_view UsageFilter::rest() noexcept {
    return held_;
}

// An event ends with an empty line; lines end with CR, LF or both.
void UsageFilter::take(std::string_view piece) {
    std::size_t begin = 0;
    for (std::size_t at = 0; at < piece.size(); ++at) {
        const char c = piece[at];
        if (c != '\n' && c != '\r') {
            ++line_;
            after_cr_ = false;
            continue;
        }
        // The LF of a CRLF ends no further line. Behind an event's end it begins the next one's
        // text, where it is one more empty line.
        const bool second_half = c == '\n' && after_cr_;
        after_cr_ = c == '\r';
        if (second_half) continue;
        if (line_ == 0) {
            held_.append(piece.substr(begin, at + 1 - begin));
            begin = at + 1;
            end_event();
        }
        line_ = 0;
    }
    held_.append(piece.substr(begin));
}

void UsageFilter::end_event() {
    if (passing_ || !is_usage_only(held_)) out_.append(held_);
    held_.clear();
    passing_ = false;
}

}  // namespace penstock::proxy
