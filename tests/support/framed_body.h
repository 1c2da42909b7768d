// What comes out of a body framer that is fed in parts.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "penstock/h1/framer.h"

namespace penstock::support {

struct FramedBody {
    bool refused = false;
    bool done = false;
    std::string payload;
    std::string wire;
    std::size_t consumed = 0;
};

/// Feeds `text` in parts of `part` bytes until it is used up, refused or the body is done.
inline FramedBody feed_all(h1::BodyFramer& framer, std::string_view text, std::size_t part) {
    FramedBody body;
    h1::Framed framed;
    while (!text.empty() && !framer.done()) {
        const std::string bytes{
            text.substr(0, part)};  // own storage: views must not outlive a call
        std::string_view rest = bytes;
        while (!rest.empty() && !framer.done()) {
            if (!framer.feed(rest, framed)) {
                body.refused = true;
                return body;
            }
            for (const auto piece : framed.payload()) body.payload += piece;
            for (const auto piece : framed.wire()) body.wire += piece;
            body.consumed += framed.consumed;
            rest.remove_prefix(framed.consumed);
        }
        text.remove_prefix(std::min(part, text.size()));
    }
    body.done = framer.done();
    return body;
}

inline FramedBody feed_chunked(std::string_view text, std::size_t part = 1 << 20) {
    h1::BodyFramer framer{http::Framing::chunked, 0};
    return feed_all(framer, text, part);
}

}  // namespace penstock::support
