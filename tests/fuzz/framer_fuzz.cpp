// Any bytes as a body: the same verdict and content however they come, and the wire form is valid
// chunked framing of the same content.
//
// First byte of the input: the size of the parts. Second: the framing, or a length. The rest: the
// body.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/h1/framer.h"

namespace {

using namespace penstock;

struct Outcome {
    bool refused = false;
    bool done = false;
    std::string payload;
    std::string wire;
    std::size_t consumed = 0;
};

Outcome feed(h1::BodyFramer framer, std::string_view body, std::size_t part) {
    Outcome outcome;
    h1::Framed framed;
    while (!body.empty() && !framer.done()) {
        const std::string bytes{body.substr(0, part)};  // views must not outlive a call
        std::string_view rest = bytes;
        while (!rest.empty() && !framer.done()) {
            if (!framer.feed(rest, framed).has_value()) {
                outcome.refused = true;
                return outcome;
            }
            for (const std::string_view piece : framed.payload()) outcome.payload += piece;
            for (const std::string_view piece : framed.wire()) outcome.wire += piece;
            outcome.consumed += framed.consumed;
            rest.remove_prefix(framed.consumed);
        }
        body.remove_prefix(std::min(part, body.size()));
    }
    outcome.done = framer.done();
    PENSTOCK_ASSERT(framer.content() == outcome.payload.size());
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string body{data + 2, data + size};
    const std::size_t part = data[0] + std::size_t{1};
    const bool chunked = data[1] % 3 == 0;
    const http::Framing framing = chunked            ? http::Framing::chunked
                                  : data[1] % 3 == 1 ? http::Framing::length
                                                     : http::Framing::until_close;
    const auto framer = [&] { return h1::BodyFramer{framing, data[1]}; };

    const Outcome whole = feed(framer(), body, body.size() + 1);
    const Outcome parts = feed(framer(), body, part);
    PENSTOCK_ASSERT(whole.refused == parts.refused);
    if (whole.refused) return 0;
    PENSTOCK_ASSERT(whole.done == parts.done && whole.payload == parts.payload);
    PENSTOCK_ASSERT(whole.consumed == parts.consumed);
    if (!chunked) {
        PENSTOCK_ASSERT(whole.wire == whole.payload);
    } else if (whole.done) {
        const Outcome again =
            feed(h1::BodyFramer{http::Framing::chunked, 0}, whole.wire + "0\r\n\r\n", part);
        PENSTOCK_ASSERT(again.done && again.payload == whole.payload);
    }
    return 0;
}
