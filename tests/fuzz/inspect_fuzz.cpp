// Any body, at any endpoint: inspection, usage and the splice bear it and agree with themselves.
//
// First byte of the input: the endpoint. The rest: the body.
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/engine/inject_usage.h"
#include "penstock/engine/inspect.h"

namespace {

using penstock::engine::Endpoint;

class CountingSink final : public penstock::engine::PromptSink {
public:
    void begin(const penstock::engine::RequestFacts& facts) override {
        PENSTOCK_ASSERT(facts.json && bytes == 0 && !begun);
        begun = true;
    }
    void text(std::string_view piece) override {
        PENSTOCK_ASSERT(begun);
        bytes += piece.size();
    }
    std::uint64_t bytes = 0;
    bool begun = false;
};

constexpr std::string_view k_multipart = "multipart/form-data; boundary=xyz";

penstock::engine::RequestFacts inspect(Endpoint endpoint, std::string_view body) {
    // A copy of the very size, so that a read past the padding is noticed.
    std::string padded{body};
    padded.append(penstock::engine::k_body_padding, '\0');
    static penstock::engine::Inspector inspector;
    penstock::engine::RequestFacts facts;
    CountingSink sink;
    inspector.inspect({endpoint, k_multipart, std::string_view{padded}.substr(0, body.size())},
                      facts, sink);
    PENSTOCK_ASSERT(facts.prompt_bytes == sink.bytes);
    PENSTOCK_ASSERT(facts.model.size() <= penstock::engine::k_name_max);
    return facts;
}

void splice(std::string_view body) {
    const auto splice = penstock::engine::inject_usage(body);
    if (!splice) return;
    PENSTOCK_ASSERT(splice->position + splice->removed <= body.size());
    std::string changed{body};
    changed.replace(splice->position, splice->removed, splice->text);
    PENSTOCK_ASSERT(!penstock::engine::inject_usage(changed));
    const bool sound = inspect(Endpoint::chat_completions, body).json;
    const auto facts = inspect(Endpoint::chat_completions, changed);
    PENSTOCK_ASSERT(!sound || (facts.json && facts.include_usage && facts.stream));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string input{data, data + size};
    const std::string_view body = std::string_view{input}.substr(1);
    constexpr unsigned k_endpoints = static_cast<unsigned>(Endpoint::other) + 1;
    inspect(static_cast<Endpoint>(data[0] % k_endpoints), body);
    splice(body);
    static_cast<void>(penstock::engine::read_usage(body));
    static_cast<void>(penstock::engine::find_usage(body));
    static_cast<void>(penstock::engine::endpoint_of(body, body));
    return 0;
}
