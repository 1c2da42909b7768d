#include "grammar.h"

namespace penstock::h1 {

namespace {

Error bad(const char* what) {
    return Error{ErrorCode::bad_request, what};
}

/// Keeps a framing field aside. False: it is an ordinary field.
Result<bool> take_framing(http::FieldName id, std::string_view value, FramingFields& framing) {
    switch (id) {
        case http::FieldName::content_length:
            framing.length = http::parse_length(value);
            if (!framing.length || framing.lengths++ > 0)
                return bad("Content-Length must be one plain number");
            return true;
        case http::FieldName::transfer_encoding:
            if (framing.encodings++ > 0) return bad("Transfer-Encoding must appear once");
            framing.encoding = value;
            return true;
        case http::FieldName::host:
            ++framing.hosts;
            framing.host = value;
            return true;
        case http::FieldName::expect:
            ++framing.expectations;
            framing.expect = value;
            return true;
        case http::FieldName::connection:
            framing.close = framing.close || http::list_has(value, "close");
            framing.keep_alive = framing.keep_alive || http::list_has(value, "keep-alive");
            return false;
        default:
            return false;
    }
}

}  // namespace

std::optional<std::string_view> take_line(std::string_view& rest) noexcept {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r') return std::nullopt;
    const std::string_view line = rest.substr(0, end - 1);
    if (line.find('\r') != std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end + 1);
    return line;
}

Result<void> parse_fields(std::string_view lines, const HeadLimits& limits, http::Fields& fields,
                          FramingFields& framing) {
    constexpr std::size_t k_usual_fields = 16;
    fields.reserve(k_usual_fields, lines.size());
    for (std::size_t count = 0;; ++count) {
        const std::optional<std::string_view> line = take_line(lines);
        if (!line) return bad("a line of the head does not end in CRLF, or holds a bare CR");
        if (line->empty()) return {};
        if (count >= limits.fields)
            return Error{ErrorCode::head_too_large, "too many header fields"};
        if (line->size() > limits.field)
            return Error{ErrorCode::head_too_large, "a header field is too long"};
        const std::size_t colon = line->find(':');
        if (colon == std::string_view::npos) return bad("a header field has no colon");
        const std::string_view name = line->substr(0, colon);
        if (name.empty() || !http::all_of_class(name, http::k_token_char))
            return bad("a header field's name is not a token");
        if (name.size() > limits.name)
            return Error{ErrorCode::head_too_large, "a header field's name is too long"};
        const std::string_view value = trim_blanks(line->substr(colon + 1));
        if (!http::all_of_class(value, http::k_value_char))
            return bad("a header field's value has a control character");
        const http::FieldName id = http::field_name(name);
        const Result<bool> taken = take_framing(id, value, framing);
        if (!taken) return taken.error();
        if (!*taken) fields.append(id, name, value);
    }
}

}  // namespace penstock::h1
