// Any message that may come on an engine's events' connection. What can be read can be written and
// is read as the same.
#include <cstdint>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/kv_events/event.h"

namespace {

using penstock::kv_events::Batch;
using penstock::kv_events::Event;

/// What the writer does not write.
Batch written(Batch batch) {
    for (Event& event : batch.events) {
        const bool stored = event.kind == Event::Kind::stored;
        const bool named = stored || event.kind == Event::Kind::removed;
        event = {.kind = event.kind,
                 .hashes = named ? event.hashes : decltype(event.hashes){},
                 .parent = stored ? event.parent : std::nullopt,
                 .tokens = stored ? event.tokens : decltype(event.tokens){},
                 .block_size = stored ? event.block_size : 0,
                 .lora = stored ? event.lora : "",
                 .local = !named || event.local};
    }
    return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = penstock::kv_events::decode({reinterpret_cast<const char*>(data), size});
    if (!read) return 0;
    const Batch batch = written(*read);
    for (const auto form : {penstock::kv_events::Form::map, penstock::kv_events::Form::array}) {
        const std::string text = penstock::kv_events::encode(batch, form, 0);
        if (text.size() > penstock::kv_events::k_payload_max) continue;
        const auto again = penstock::kv_events::decode(text);
        PENSTOCK_ASSERT(again && *again == batch);
    }
    return 0;
}
