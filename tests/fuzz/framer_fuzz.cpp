// Any body under any framing: the same verdict and content however it was split, and a wire form
// that is a valid coding of the content.
//
// First byte of the input: the size of the parts. Second: the framing, or a length. The rest: the
// body.
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/h1/framer.h"
#include "tests/support/framed_body.h"

namespace {

using penstock::h1::BodyFramer;
using penstock::http::Framing;
using penstock::support::feed_all;
using penstock::support::FramedBody;

struct Fed {
    BodyFramer framer;
    FramedBody body;
};

Fed feed(Framing framing, std::uint64_t length, std::string_view text, std::size_t part) {
    Fed fed{BodyFramer{framing, length}, {}};
    fed.body = feed_all(fed.framer, text, part);
    return fed;
}

void check_wire(const Fed& fed) {
    if (!fed.framer.at_boundary()) return;
    const Fed again = feed(Framing::chunked, 0, fed.body.wire + "0\r\n\r\n", 1 << 20);
    PENSTOCK_ASSERT(again.body.done);
    PENSTOCK_ASSERT(again.body.payload == fed.body.payload);
    PENSTOCK_ASSERT(again.body.wire == fed.body.wire);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string input{data, data + size};
    const std::string_view text = std::string_view{input}.substr(2);
    constexpr Framing k_framings[] = {Framing::chunked, Framing::length, Framing::until_close};
    const Framing framing = k_framings[data[1] % 3];
    const std::uint64_t length = data[1];

    Fed whole = feed(framing, length, text, 1 << 20);
    Fed parts = feed(framing, length, text, std::size_t{1} + data[0]);

    PENSTOCK_ASSERT(whole.body.refused == parts.body.refused);
    PENSTOCK_ASSERT(whole.body.done == parts.body.done);
    PENSTOCK_ASSERT(whole.body.consumed <= text.size() && parts.body.consumed <= text.size());
    if (!whole.body.refused) {
        PENSTOCK_ASSERT(whole.body.payload == parts.body.payload);
        PENSTOCK_ASSERT(whole.body.consumed == parts.body.consumed);
        PENSTOCK_ASSERT(whole.framer.content() == whole.body.payload.size());
        PENSTOCK_ASSERT(whole.framer.at_boundary() == parts.framer.at_boundary());
        PENSTOCK_ASSERT(whole.framer.trailers().size() == parts.framer.trailers().size());
    }
    if (framing == Framing::chunked) {
        check_wire(whole);
        check_wire(parts);
    } else {
        PENSTOCK_ASSERT(!whole.body.refused);
        PENSTOCK_ASSERT(whole.body.wire == whole.body.payload);
        PENSTOCK_ASSERT(text.starts_with(whole.body.payload));
    }
    PENSTOCK_ASSERT(whole.framer.end_of_input() == parts.framer.end_of_input());
    return 0;
}
