#include <algorithm>

#include "grammar.h"
#include "penstock/http/request_rules.h"

namespace penstock::h1 {

namespace {

Error bad(const char* what) {
    return Error{ErrorCode::bad_request, what};
}

constexpr std::string_view k_http = "HTTP/";

Result<http::Version> parse_version(std::string_view text) {
    if (text == "HTTP/1.1") return http::Version::http_1_1;
    if (text == "HTTP/1.0") return http::Version::http_1_0;
    const bool shaped = text.size() == 8 && text.starts_with(k_http) && text[5] >= '0' &&
                        text[5] <= '9' && text[6] == '.' && text[7] >= '0' && text[7] <= '9';
    if (!shaped || text[5] == '0') return bad("the request line does not end in HTTP/1.1");
    return Error{ErrorCode::unsupported_version};
}

/// Origin form as it is; absolute form split into authority and origin form.
Result<void> parse_target(std::string_view text, http::RequestHead& head) {
    if (text.empty() || !http::all_of_class(text, http::k_target_char))
        return bad("the request's target has forbidden characters");
    if (text.front() == '/') {
        head.target = text;
        return {};
    }
    if (text == "*" && head.method == http::Method::options) {
        head.target = text;
        return {};
    }
    const std::size_t scheme_end = text.find("://");
    const std::string_view scheme = text.substr(0, std::min(scheme_end, text.size()));
    if (!http::equal_no_case(scheme, "http") && !http::equal_no_case(scheme, "https")) {
        return bad("the request's target is neither a path nor an http URL");
    }
    const std::string_view rest = text.substr(scheme_end + 3);
    const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
    head.authority = rest.substr(0, path);
    if (!http::valid_authority(head.authority))
        return bad("the target's authority is not a host and port");
    const std::string_view origin = rest.substr(path);
    if (origin.empty() && head.method == http::Method::options) {
        head.target = "*";  // RFC 9112 3.2.4
    } else {
        head.target = origin.starts_with('/') ? std::string{origin} : "/" + std::string{origin};
    }
    return {};
}

Result<void> parse_request_line(std::string_view line, http::RequestHead& head) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
        return bad(
            "the request line is not method, target and version with one blank between each");
    }
    const Result<http::Method> method = http::parse_method(line.substr(0, first));
    if (!method) return method.error();
    head.method = *method;
    const Result<http::Version> version = parse_version(line.substr(last + 1));
    if (!version) return version.error();
    head.version = *version;
    const Result<void> target = parse_target(line.substr(first + 1, last - first - 1), head);
    if (!target) return target.error();
    if (http::hides_control(head.path())) return bad("the request's path hides a NUL, CR or LF");
    return {};
}

/// Takes the request line off `rest`. Errors: as of `parse_request`.
Result<void> take_request_line(std::string_view& rest, const HeadLimits& limits,
                               http::RequestHead& head) {
    // A line at its limit ends in CRLF. Its length is judged first, since of an incomplete line
    // nothing else can be.
    if (std::min(rest.find('\n'), rest.size()) > limits.request_line + 1)
        return ErrorCode::request_line_too_long;
    const std::optional<std::string_view> line = take_line(rest);
    if (!line) return bad("the request line does not end in CRLF");
    return parse_request_line(*line, head);
}

/// What is wrong first with a head whose field lines are bad or too many: the first error in the
/// order of the bytes up to the head's limit, so that it does not depend on how they were split.
Error first_error(std::string_view head, std::string_view rest, const HeadLimits& limits) {
    const std::size_t line = head.size() - rest.size();
    const std::string_view seen =
        rest.substr(0, limits.head - std::min<std::size_t>(line, limits.head));
    std::string lines{seen.substr(0, seen.rfind('\n') + 1)};
    lines += "\r\n";
    http::Fields fields;
    FramingFields framing;
    const Result<void> parsed = parse_fields(lines, limits, fields, framing);
    return parsed ? Error{ErrorCode::head_too_large} : parsed.error();
}

Result<void> apply_host(const FramingFields& framing, http::RequestHead& head) {
    if (framing.hosts > 1) return bad("Host must appear once");
    if (framing.hosts == 0) {
        if (head.version == http::Version::http_1_1) return bad("Host is missing");
        return {};
    }
    if (!http::valid_authority(framing.host)) return bad("Host is not a host and port");
    if (head.authority.empty()) {
        head.authority = framing.host;
    } else if (!http::equal_no_case(head.authority, framing.host)) {
        return bad("Host and the target's authority differ");
    }
    return {};
}

/// RFC 9112 6.3 with every ambiguity refused.
Result<void> apply_framing(const FramingFields& framing, http::RequestHead& head) {
    if (framing.encodings > 0) {
        if (head.version == http::Version::http_1_0)
            return bad("Transfer-Encoding in an HTTP/1.0 request");
        if (framing.lengths > 0) return bad("both Transfer-Encoding and Content-Length");
        if (!http::equal_no_case(framing.encoding, "chunked")) {
            const std::size_t comma = framing.encoding.rfind(',');
            const bool chunked_last =
                comma != std::string_view::npos &&
                http::equal_no_case(trim_blanks(framing.encoding.substr(comma + 1)), "chunked");
            if (!chunked_last) return bad("Transfer-Encoding is not chunked");
            return Error{ErrorCode::unsupported_transfer_encoding};
        }
        head.framing = http::Framing::chunked;
    } else if (framing.length) {
        head.framing = http::Framing::length;
        head.length = *framing.length;
    }
    return {};
}

}  // namespace

std::size_t find_head_end(std::string_view bytes, std::size_t& searched) noexcept {
    // Three bytes back: the end may have been split.
    const std::size_t end = bytes.find("\r\n\r\n", searched < 3 ? 0 : searched - 3);
    searched = bytes.size();
    return end == std::string_view::npos ? 0 : end + 4;
}

Result<void> parse_request(std::string_view text, const HeadLimits& limits,
                           http::RequestHead& head) {
    head.clear();
    std::string_view rest = text;
    if (const Result<void> taken = take_request_line(rest, limits, head); !taken)
        return taken.error();
    if (text.size() > limits.head) return first_error(text, rest, limits);
    FramingFields framing;
    if (const Result<void> parsed = parse_fields(rest, limits, head.fields, framing); !parsed)
        return parsed.error();
    if (const Result<void> applied = apply_host(framing, head); !applied) return applied.error();
    if (const Result<void> applied = apply_framing(framing, head); !applied) return applied.error();
    const bool old = head.version == http::Version::http_1_0;
    head.keep_alive = !framing.close && (!old || framing.keep_alive);
    if (framing.expectations > 0 && !old) {
        if (framing.expectations > 1 || !http::equal_no_case(framing.expect, "100-continue"))
            return ErrorCode::expectation_failed;
        head.expects_continue = head.framing != http::Framing::none;
    }
    return {};
}

Result<void> check_partial_request(std::string_view bytes, const HeadLimits& limits) {
    if (bytes.size() <= limits.request_line + 1 && bytes.find('\n') == std::string_view::npos)
        return {};
    std::string_view rest = bytes;
    http::RequestHead head;
    if (const Result<void> taken = take_request_line(rest, limits, head); !taken)
        return taken.error();
    if (bytes.size() > limits.head) return first_error(bytes, rest, limits);
    // A line that ends wrongly never makes a whole head: say so now, not at the timeout.
    std::string_view lines = rest;
    while (lines.find('\n') != std::string_view::npos) {
        if (!take_line(lines)) return first_error(bytes, rest, limits);
    }
    return {};
}

RequestLine peek_request_line(std::string_view bytes) noexcept {
    constexpr std::size_t k_method_max = 32;
    const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
    const std::size_t blank = line.find(' ');
    const std::string_view method = line.substr(0, blank);
    const bool is_method = !method.empty() && method.size() <= k_method_max &&
                           http::all_of_class(method, http::k_token_char);
    if (blank == std::string_view::npos || !is_method) return {};
    const std::string_view rest = line.substr(blank + 1);
    const std::string_view path = rest.substr(0, rest.find_first_of(" ?"));
    const bool is_path = path.starts_with('/') && http::all_of_class(path, http::k_target_char);
    return {.method = method, .path = is_path ? path : std::string_view{}};
}

}  // namespace penstock::h1
