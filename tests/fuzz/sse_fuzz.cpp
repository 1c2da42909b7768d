// Any bytes as an event stream: the same findings however they come, within bounds.
//
// First byte of the input: the size of the parts. The rest: the stream.
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/http/sse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using penstock::http::SseScanner;
    if (size == 0) return 0;
    const std::string stream{data + 1, data + size};
    const std::size_t part = data[0] + std::size_t{1};

    SseScanner whole;
    whole.feed(stream);
    SseScanner parts;
    for (std::size_t at = 0; at < stream.size(); at += part) {
        parts.feed(std::string_view{stream}.substr(at, part));
    }

    PENSTOCK_ASSERT(whole.events() == parts.events());
    PENSTOCK_ASSERT(whole.saw_done() == parts.saw_done());
    PENSTOCK_ASSERT(whole.saw_error() == parts.saw_error());
    PENSTOCK_ASSERT(whole.between_events() == parts.between_events());
    PENSTOCK_ASSERT(whole.usage() == parts.usage());
    PENSTOCK_ASSERT(whole.usage().size() <= SseScanner::k_usage_max);
    PENSTOCK_ASSERT(whole.usage().empty() ||
                    (whole.usage().front() == '{' && whole.usage().back() == '}'));
    return 0;
}
