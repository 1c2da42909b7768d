#include "request_builder.h"

#include <utility>

#include "penstock/http/grammar.h"
#include "trailers.h"

namespace penstock::h2 {

namespace {

Error bad(const char* what) {
    return Error{ErrorCode::bad_request, what};
}

}  // namespace

void RequestBuilder::add(std::string_view name, std::string_view value, http::RequestHead& head) {
    size_ += name.size() + value.size() + k_field_overhead;
    // Also behind an error: an answer to HEAD has no body.
    if (error_ && name != ":method") return;
    if (const Result<void> taken = take(name, value, head); !taken && !error_)
        error_ = taken.error();
}

Result<void> RequestBuilder::take(std::string_view name, std::string_view value,
                                  http::RequestHead& head) {
    if (name == ":path" && value.size() > limits_.request_line)
        return ErrorCode::request_line_too_long;
    if (size_ > limits_.head)
        return Error{ErrorCode::head_too_large, "the request's header fields are too large"};
    if (name.starts_with(':')) return take_pseudo(name, value, head);
    if (++count_ > limits_.fields)
        return Error{ErrorCode::head_too_large, "too many header fields"};
    if (name.size() > limits_.name)
        return Error{ErrorCode::head_too_large, "a header field's name is too long"};
    if (name.size() + value.size() > limits_.field)
        return Error{ErrorCode::head_too_large, "a header field is too long"};
    return take_field(name, value, head);
}

Result<void> RequestBuilder::take_pseudo(std::string_view name, std::string_view value,
                                         http::RequestHead& head) {
    if (name == ":method") {
        const Result<http::Method> method = http::parse_method(value);
        if (!method) return method.error();
        head.method = *method;
        has_method_ = true;
        return {};
    }
    if (name == ":path") return take_path(value, head);
    if (name == ":authority") {
        if (!http::valid_authority(value)) return bad(":authority is not a host and port");
        head.authority = value;
        return {};
    }
    // Not compared with the connection: a TLS terminator before us says https in clear text.
    if (name == ":scheme" && (value == "http" || value == "https")) return {};
    return bad("the request's scheme is neither http nor https");
}

Result<void> RequestBuilder::take_path(std::string_view value, http::RequestHead& head) {
    if (!http::all_of_class(value, http::k_target_char))
        return bad("the request's path has forbidden characters");
    head.target = value;
    if (http::hides_control(head.path())) return bad("the request's path hides a NUL, CR or LF");
    return {};
}

Result<void> RequestBuilder::take_field(std::string_view name, std::string_view value,
                                        http::RequestHead& head) {
    if (!http::valid_name(name)) return bad("a header field's name is not a token");
    if (!http::valid_value(value)) return bad("a header field's value has a control character");
    if (has_blank_edge(value)) return bad("a header field's value begins or ends with a blank");
    if (name == "cookie") {
        add_cookie(value);
        return {};
    }
    const http::FieldName id = http::field_name(name);
    switch (id) {
        case http::FieldName::host:
            if (!host_.empty() || !http::valid_authority(value))
                return bad("Host is not one host and port");
            host_ = value;
            return {};
        case http::FieldName::content_length: {
            const std::optional<std::uint64_t> length = http::parse_length(value);
            if (!length || has_length_) return bad("Content-Length must be one plain number");
            head.length = *length;
            has_length_ = true;
            return {};
        }
        case http::FieldName::expect:
            ++expectations_;
            expects_other_ = expects_other_ || !http::equal_no_case(value, "100-continue");
            return {};
        default:
            head.fields.append(id, name, value);
            return {};
    }
}

void RequestBuilder::add_cookie(std::string_view crumb) {
    if (crumb.empty()) return;  // "a; " would be another value once HTTP/1.1 has trimmed it
    if (!cookie_.empty()) cookie_.append("; ");
    cookie_.append(crumb);
}

Result<void> RequestBuilder::finish(bool has_body, http::RequestHead& head) {
    // Not held as long as the stream.
    const std::string cookie = std::exchange(cookie_, std::string{});
    const std::string host = std::exchange(host_, std::string{});
    if (error_) return *error_;
    if (!has_method_) return bad("the request has no method");
    if (!head.target.starts_with('/') &&
        !(head.target == "*" && head.method == http::Method::options))
        return bad("the request's path does not begin with a slash");
    if (head.authority.empty()) {
        if (host.empty()) return bad("Host is missing");
        head.authority = host;
    } else if (!host.empty() && !http::equal_no_case(host, head.authority)) {
        return bad("Host and :authority differ");
    }
    if (expectations_ > 1 || expects_other_) return ErrorCode::expectation_failed;
    if (!cookie.empty()) head.fields.append("cookie", cookie);
    head.version = http::Version::http_2;
    head.keep_alive = true;
    head.expects_continue = has_body && expectations_ > 0;
    if (has_length_) {
        head.framing = http::Framing::length;
    } else {
        head.framing = has_body ? http::Framing::chunked : http::Framing::none;
    }
    return {};
}

}  // namespace penstock::h2
