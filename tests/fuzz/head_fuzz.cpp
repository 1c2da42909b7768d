// Any head, of a request or a response: the verdict does not depend on how it was split, and what
// is accepted is written as a head that means the same.
//
// First byte of the input: request or response and the method it answers. The rest: the head.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/h1/parser.h"
#include "penstock/h1/writer.h"
#include "tests/support/parsed_head.h"
#include "tests/support/split_verdict.h"

namespace {

using penstock::Result;
using penstock::h1::HeadLimits;
using penstock::http::Fields;
using penstock::http::RequestHead;
using penstock::http::ResponseHead;

// What is written may be longer than what came: a blank behind each colon, a reason.
constexpr HeadLimits k_written{
    .head = 1 << 20, .request_line = 1 << 20, .fields = 1000, .field = 1 << 20, .name = 1 << 20};

bool same(const Fields& a, const Fields& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].id != b[i].id || a[i].name != b[i].name || a[i].value != b[i].value) return false;
    }
    return true;
}

void check_request(std::string_view text) {
    // Small limits, so that they are met by small inputs.
    const HeadLimits limits{.head = 512, .request_line = 128, .fields = 8, .field = 96, .name = 24};
    const Result<RequestHead> whole = penstock::h1::parse_in_two(text, text.size(), limits);
    const std::size_t step = 1 + text.size() / 64;
    for (std::size_t split = 0; split < text.size(); split += step) {
        const Result<RequestHead> parts = penstock::h1::parse_in_two(text, split, limits);
        PENSTOCK_ASSERT(parts.has_value() == whole.has_value());
        PENSTOCK_ASSERT(whole.has_value() || parts.error() == whole.error());
    }
    if (!whole || whole->authority.empty()) return;  // HTTP/1.0 may lack a Host; we never do
    std::string written;
    penstock::h1::write_request(*whole, written);
    const Result<RequestHead> again = penstock::h1::parse_request(written, k_written);
    PENSTOCK_ASSERT(again.has_value());
    PENSTOCK_ASSERT(again->method == whole->method && again->target == whole->target);
    PENSTOCK_ASSERT(again->authority == whole->authority);
    PENSTOCK_ASSERT(again->framing == whole->framing && again->length == whole->length);
    PENSTOCK_ASSERT(same(again->fields, whole->fields));
}

void check_response(std::string_view text, penstock::http::Method method) {
    std::size_t searched = 0;
    const std::size_t length = penstock::h1::find_head_end(text, searched);
    const std::string_view head = text.substr(0, length > 0 ? length : text.size());
    const Result<ResponseHead> first = penstock::h1::parse_response(head, method);
    if (!first) {
        PENSTOCK_ASSERT(first.error().code() == penstock::ErrorCode::upstream_bad_response);
        return;
    }
    PENSTOCK_ASSERT(first->status >= 100 && first->status <= 599);
    std::string written;
    penstock::h1::write_response(*first, first->framing, penstock::h1::ConnectionField::none,
                                 written);
    const Result<ResponseHead> again = penstock::h1::parse_response(written, method, k_written);
    PENSTOCK_ASSERT(again.has_value());
    PENSTOCK_ASSERT(again->status == first->status && again->framing == first->framing);
    PENSTOCK_ASSERT(again->length == first->length || !first->has_length);
    PENSTOCK_ASSERT(same(again->fields, first->fields));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string input{data, data + size};
    const std::string_view text = std::string_view{input}.substr(1);
    constexpr unsigned k_methods = static_cast<unsigned>(penstock::http::Method::options) + 1;
    if (data[0] % 2 == 0) {
        check_request(text);
    } else {
        check_response(text, static_cast<penstock::http::Method>(data[0] / 2 % k_methods));
    }
    return 0;
}
