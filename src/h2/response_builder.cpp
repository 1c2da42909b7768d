#include "response_builder.h"

#include "penstock/http/grammar.h"
#include "trailers.h"

namespace penstock::h2 {

namespace {

Error bad(const char* what) {
    return Error{ErrorCode::upstream_bad_response, what};
}

}  // namespace

void ResponseBuilder::add(std::string_view name, std::string_view value, http::ResponseHead& head) {
    size_ += name.size() + value.size() + k_field_overhead;
    if (error_) return;
    if (const Result<void> taken = take(name, value, head); !taken) error_ = taken.error();
}

Result<void> ResponseBuilder::take(std::string_view name, std::string_view value,
                                   http::ResponseHead& head) {
    if (size_ > http::k_response_limits.head) return bad("the response's head is too large");
    if (name.starts_with(':')) return take_status(name, value, head);
    if (!has_status_) return bad("a field comes before the response's status");
    if (++count_ > http::k_response_limits.fields) return bad("too many fields");
    if (const char* fault = fault_of_field(name, value)) return bad(fault);
    return take_field(name, value, head);
}

Result<void> ResponseBuilder::take_status(std::string_view name, std::string_view value,
                                          http::ResponseHead& head) {
    if (name != ":status" || has_status_ || count_ > 0)
        return bad("the response has other pseudo-fields than one :status before all fields");
    constexpr std::size_t k_digits = 3;
    if (value.size() != k_digits) return bad("the response's status is not a number");
    head.status = 0;
    for (const char c : value) {
        if (c < '0' || c > '9') return bad("the response's status is not a number");
        head.status = head.status * 10 + (c - '0');
    }
    if (head.status < 100 || head.status > 599) return bad("the response's status is out of range");
    if (head.status == 101) return bad("there is no status 101 in HTTP/2");
    has_status_ = true;
    return {};
}

Result<void> ResponseBuilder::take_field(std::string_view name, std::string_view value,
                                         http::ResponseHead& head) {
    const http::FieldName id = http::field_name(name);
    switch (id) {
        case http::FieldName::content_length: {
            const std::optional<std::uint64_t> length = http::parse_length(value);
            if (!length || has_length_) return bad("Content-Length must be one plain number");
            head.length = *length;
            has_length_ = true;
            return {};
        }
        case http::FieldName::connection:
        case http::FieldName::keep_alive:
        case http::FieldName::proxy_connection:
        case http::FieldName::transfer_encoding:
        case http::FieldName::upgrade:
            return bad("a field of one connection in an HTTP/2 response");
        default:
            head.fields.append(id, name, value);
            return {};
    }
}

Result<void> ResponseBuilder::finish(http::Method method, bool ends, http::ResponseHead& head) {
    if (error_) return *error_;
    if (!has_status_) return bad("the response has no status");
    head.version = http::Version::http_2;
    head.keep_alive = true;
    if (head.status < 200 && ends) return bad("an interim response ends the stream");
    const bool bodiless = head.status < 200 || http::has_no_body(method, head.status);
    head.has_length = has_length_ && head.status >= 200 && head.status != 204;
    if (bodiless) {
        head.framing = http::Framing::none;
        return {};
    }
    if (ends) {
        if (has_length_ && head.length > 0) return bad("the announced body is missing");
        head.framing = http::Framing::none;
    } else {
        head.framing = has_length_ ? http::Framing::length : http::Framing::chunked;
    }
    return {};
}

}  // namespace penstock::h2
