#include "long_key.h"

#include <algorithm>

namespace penstock::schema {

namespace {

/// Walks over a document in step with the grammar's comments and strings. Between two dots of one
/// key stand only bare characters, spaces and strings, so everything that ends a key starts the
/// count anew, and dots within strings and comments are none of a key.
class Scan {
public:
    explicit Scan(std::string_view text) noexcept : rest_{text} {}

    Place find() noexcept {
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '"' || c == '\'') {
                skip_string(c);
                continue;
            }
            if (c == '#') {
                skip(std::min(rest_.find('\n'), rest_.size()));
                continue;
            }
            if (c == '.') {
                if (dots_ == 0) first_dot_ = place_;
                if (++dots_ >= k_key_parts) return first_dot_;
            } else if (k_key_ends.find(c) != std::string_view::npos) {
                dots_ = 0;
            }
            skip(1);
        }
        return {};
    }

private:
    static constexpr std::string_view k_key_ends = "\n=[]{},";

    void skip(std::size_t count) noexcept {
        for (const char c : rest_.substr(0, count)) {
            const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
            if (c == '\n') {
                place_ = {place_.line + 1, 1};
            } else if (!continues) {
                ++place_.column;
            }
        }
        rest_.remove_prefix(std::min(count, rest_.size()));
    }

    void skip_string(char quote) noexcept {
        const bool lines = rest_.size() >= 3 && rest_[1] == quote && rest_[2] == quote;
        skip(lines ? 3 : 1);
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '\\' && quote == '"') {
                skip(2);
            } else if (c == quote) {
                const std::size_t run = std::min(rest_.find_first_not_of(quote), rest_.size());
                if (!lines) return skip(1);
                // Of up to five quotes at the end of a string of lines the last three end it.
                if (run >= 3) return skip(std::min<std::size_t>(run, 5));
                skip(run);
            } else if (c == '\n' && !lines) {
                return;  // a syntax error; the library stops here
            } else {
                skip(1);
            }
        }
    }

    std::string_view rest_;
    Place place_{1, 1};
    Place first_dot_;
    std::size_t dots_ = 0;
};

}  // namespace

Place find_long_key(std::string_view text) noexcept {
    return Scan{text}.find();
}

}  // namespace penstock::schema
