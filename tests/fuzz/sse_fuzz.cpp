// Any stream of events: the scanner sees what a plain reader of lines sees, however it was split.
//
// First byte of the input: the size of the parts. The rest: the stream.
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/http/sse.h"
#include "tests/support/sse_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string input{data, data + size};
    std::string_view rest = std::string_view{input}.substr(1);
    const penstock::support::SseFacts expected = penstock::support::read_sse(rest);
    penstock::http::SseScanner whole;
    whole.feed(rest);
    penstock::http::SseScanner parts;
    while (!rest.empty()) {
        // Own storage: a look beyond a part is noticed.
        const std::string part{rest.substr(0, std::size_t{1} + data[0])};
        parts.feed(part);
        rest.remove_prefix(part.size());
    }

    PENSTOCK_ASSERT(penstock::support::facts_of(whole) == expected);
    PENSTOCK_ASSERT(penstock::support::facts_of(parts) == expected);
    PENSTOCK_ASSERT(whole.usage().size() <= penstock::http::SseScanner::k_usage_max);
    return 0;
}
