#include "grammar.h"

namespace penstock::h1 {

namespace {

Error bad(std::string what) {
    return Error{ErrorCode::upstream_bad_response, std::move(what)};
}

/// `HTTP/1.x SP 3DIGIT [SP reason]` (RFC 9112 4).
Result<void> parse_status_line(std::string_view line, http::ResponseHead& head) {
    constexpr std::size_t k_shortest = 12;  // "HTTP/1.1 200"
    if (line.size() < k_shortest || !line.starts_with("HTTP/1.") || line[8] != ' ')
        return bad("no HTTP/1 status line");
    if (line[7] != '0' && line[7] != '1') return bad("the response's version is not 1.0 or 1.1");
    head.version = line[7] == '0' ? http::Version::http_1_0 : http::Version::http_1_1;
    head.status = 0;
    for (const char c : line.substr(9, 3)) {
        if (c < '0' || c > '9') return bad("the response's status is not a number");
        head.status = head.status * 10 + (c - '0');
    }
    if (head.status < 100 || head.status > 599) return bad("the response's status is out of range");
    if (line.size() == k_shortest) return {};
    const std::string_view reason = line.substr(k_shortest + 1);
    if (line[k_shortest] != ' ' || !http::all_of_class(reason, http::k_value_char))
        return bad("the response's reason is malformed");
    head.reason = reason;
    return {};
}

Result<void> apply_framing(const FramingFields& framing, http::Method method,
                           http::ResponseHead& head) {
    const bool bodiless = head.status < 200 || http::has_no_body(method, head.status);
    if (framing.encodings > 0) {
        if (framing.lengths > 0) return bad("both Transfer-Encoding and Content-Length");
        if (head.version == http::Version::http_1_0)
            return bad("Transfer-Encoding in an HTTP/1.0 response");
        if (!http::equal_no_case(framing.encoding, "chunked"))
            return bad("Transfer-Encoding is not chunked");
        head.framing = bodiless ? http::Framing::none : http::Framing::chunked;
        // The chunks of a 1xx or 204 that announces some would be read as the next response.
        if (head.status < 200 || head.status == 204) head.keep_alive = false;
    } else if (framing.length) {
        head.length = *framing.length;
        head.has_length = true;
        const bool empty = bodiless || head.length == 0;
        head.framing = empty ? http::Framing::none : http::Framing::length;
        // The bytes of a 204 that announces some would be read as the next response.
        if (head.status == 204 && head.length > 0) head.keep_alive = false;
        if (head.status == 204) head.has_length = false;
    } else {
        head.framing = bodiless ? http::Framing::none : http::Framing::until_close;
    }
    return {};
}

}  // namespace

Result<void> parse_response(std::string_view text, http::Method method, const HeadLimits& limits,
                            http::ResponseHead& head) {
    head.clear();
    std::string_view rest = text;
    if (text.size() > limits.head) return bad("the response's head is too large");
    const std::optional<std::string_view> line = take_line(rest);
    if (!line || line->size() > limits.request_line) return bad("the status line is malformed");
    if (const Result<void> parsed = parse_status_line(*line, head); !parsed) return parsed.error();
    FramingFields framing;
    if (const Result<void> parsed = parse_fields(rest, limits, head.fields, framing); !parsed) {
        return bad(std::string{parsed.error().detail()});
    }
    const bool old = head.version == http::Version::http_1_0;
    head.keep_alive = !framing.close && (!old || framing.keep_alive);
    if (const Result<void> applied = apply_framing(framing, method, head); !applied)
        return applied.error();
    return {};
}

}  // namespace penstock::h1
