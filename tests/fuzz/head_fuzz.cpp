// Any bytes as a request's or a response's head: the parsers agree with themselves however the
// bytes come, and what they accept can be written and parsed again to the same.
//
// First byte of the input: its lowest bit chooses request or response. The rest: the head.
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/h1/parser.h"
#include "penstock/h1/writer.h"

namespace {

using namespace penstock;

/// The head's length as found in one look, or in steps of one byte.
std::size_t head_end(std::string_view bytes, std::size_t step) {
    std::size_t searched = 0;
    for (std::size_t seen = step; seen < bytes.size(); seen += step) {
        if (const std::size_t end = h1::find_head_end(bytes.substr(0, seen), searched); end > 0)
            return end;
    }
    return h1::find_head_end(bytes, searched);
}

void check_fields(const http::Fields& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        PENSTOCK_ASSERT(http::valid_name(fields[i].name));
        PENSTOCK_ASSERT(http::valid_value(fields[i].value));
    }
}

void check_request(std::string_view head) {
    const h1::HeadLimits limits;
    const auto parsed = h1::parse_request(head, limits);
    if (!parsed.has_value()) return;
    // What is accepted whole was not refused in part.
    for (std::size_t seen = 1; seen < head.size(); ++seen) {
        PENSTOCK_ASSERT(h1::check_partial_request(head.substr(0, seen), limits).has_value());
    }
    check_fields(parsed->fields);
    if (parsed->version != http::Version::http_1_1) return;
    std::string written;
    h1::write_request(*parsed, written);
    h1::HeadLimits roomy;  // what is written may be longer by the framing's field
    roomy.head += 4096;
    const auto again = h1::parse_request(written, roomy);
    PENSTOCK_ASSERT(again.has_value());
    PENSTOCK_ASSERT(again->method == parsed->method && again->target == parsed->target);
    PENSTOCK_ASSERT(again->framing == parsed->framing && again->length == parsed->length);
}

void check_response(std::string_view head, http::Method method) {
    const auto parsed = h1::parse_response(head, method);
    if (!parsed.has_value()) return;
    PENSTOCK_ASSERT(parsed->status >= 100 && parsed->status <= 999);
    check_fields(parsed->fields);
    std::string written;
    h1::write_response(*parsed, parsed->framing, h1::ConnectionField::none, written);
    const auto again = h1::parse_response(written, method);
    PENSTOCK_ASSERT(!again.has_value() || again->status == parsed->status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string input{data + 1, data + size};
    const std::size_t end = head_end(input, input.size() + 1);
    if (input.size() < 4096) PENSTOCK_ASSERT(head_end(input, 1) == end);
    static_cast<void>(h1::check_partial_request(input, {}));
    if (end == 0) return 0;
    const std::string head = input.substr(0, end);
    if ((data[0] & 1U) == 0) {
        check_request(head);
    } else {
        check_response(head, http::Method::get);
        check_response(head, http::Method::head);
    }
    return 0;
}
