// Header lists as a peer may send them, to heads, to HTTP/1.1 and back: what is accepted is a head
// that HTTP/1.1's parser reads in the same way, so that nothing is smuggled by changing the
// version.
//
// First byte of the input: request or response, with a body or without. The rest: names and values,
// each ended by a line feed's escape (0x1F), so that values may hold anything else.
#include <cstdint>
#include <string>
#include <string_view>

#include "header_list.h"
#include "penstock/base/assert.h"
#include "penstock/h1/parser.h"
#include "penstock/h1/writer.h"
#include "request_builder.h"
#include "response_builder.h"

namespace {

namespace h2 = penstock::h2;
namespace http = penstock::http;

constexpr http::HeadLimits k_written{
    .head = 1 << 20, .request_line = 1 << 20, .fields = 1000, .field = 1 << 20, .name = 1 << 20};

std::string_view next(std::string_view& rest) {
    constexpr char k_end = 0x1F;
    const std::string_view word = rest.substr(0, rest.find(k_end));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    return word;
}

bool same(const http::Fields& a, const http::Fields& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].name != b[i].name || a[i].value != b[i].value) return false;
    }
    return true;
}

/// As a list again, nothing is there that was not before.
void check_list(const http::Fields& fields) {
    h2::HeaderList list;
    list.add(fields);
    PENSTOCK_ASSERT(list.size() <= fields.size());
}

void check_request(std::string_view rest, bool has_body) {
    const http::HeadLimits limits;
    h2::RequestBuilder builder{limits};
    http::RequestHead head;
    while (!rest.empty()) {
        const std::string_view name = next(rest);
        builder.add(name, next(rest), head);
    }
    if (!builder.finish(has_body, head)) return;
    // What is of one connection nghttp2 has refused before, and the proxy does not pass on.
    for (const auto id : {http::FieldName::connection, http::FieldName::te,
                          http::FieldName::transfer_encoding, http::FieldName::upgrade,
                          http::FieldName::keep_alive, http::FieldName::proxy_connection}) {
        head.fields.remove(id);
    }
    std::string written;
    penstock::h1::write_request(head, written);
    http::RequestHead again;
    PENSTOCK_ASSERT(penstock::h1::parse_request(written, k_written, again));
    PENSTOCK_ASSERT(again.method == head.method && again.target == head.target);
    PENSTOCK_ASSERT(again.authority == head.authority);
    PENSTOCK_ASSERT(again.framing == head.framing && again.length == head.length);
    PENSTOCK_ASSERT(same(again.fields, head.fields));
    check_list(head.fields);
}

void check_response(std::string_view rest, bool ends) {
    h2::ResponseBuilder builder;
    http::ResponseHead head;
    while (!rest.empty()) {
        const std::string_view name = next(rest);
        builder.add(name, next(rest), head);
    }
    if (!builder.finish(http::Method::post, ends, head)) return;
    std::string written;
    penstock::h1::write_response(head, head.framing, penstock::h1::ConnectionField::none, written);
    http::ResponseHead again;
    PENSTOCK_ASSERT(penstock::h1::parse_response(written, http::Method::post, k_written, again));
    PENSTOCK_ASSERT(again.status == head.status);
    if (head.framing == http::Framing::length) PENSTOCK_ASSERT(again.length == head.length);
    check_list(head.fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string input{data, data + size};
    const std::string_view text = std::string_view{input}.substr(1);
    if ((data[0] & 1U) == 0) {
        check_request(text, (data[0] & 2U) != 0);
    } else {
        check_response(text, (data[0] & 2U) != 0);
    }
    return 0;
}
