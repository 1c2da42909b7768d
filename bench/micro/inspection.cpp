// Bodies of chat requests inspected, the prompt hashed on the way as the proxy does it.
#include <benchmark/benchmark.h>

#include "penstock/engine/inspect.h"
#include "penstock/routing/prefix_blocks.h"

namespace penstock {
namespace {

class HashingSink final : public engine::PromptSink {
public:
    explicit HashingSink(std::vector<std::uint64_t>& out) : hasher_{7, 1024, out} {}
    void begin(const engine::RequestFacts& /*facts*/) override {}
    void text(std::string_view piece) override { hasher_.add(piece); }

private:
    routing::PrefixHasher hasher_;
};

/// A conversation of about `bytes` bytes, with the padding that inspection asks for.
std::string chat_body(std::size_t bytes) {
    std::string body = R"({"model":"llama-3.1-8b","stream":true,"messages":[)";
    body += R"({"role":"system","content":"You are a helpful assistant."})";
    while (body.size() < bytes) {
        body += R"(,{"role":"user","content":"Tell me about \"rivers\" and locks.\n)";
        body += std::string(900, 'w') + "\"}";
    }
    return body + R"(],"max_tokens":512})";
}

void inspect_chat(benchmark::State& state) {
    std::string body = chat_body(static_cast<std::size_t>(state.range(0)) * 1024);
    const std::size_t length = body.size();
    body.append(engine::k_body_padding, '\0');
    engine::Inspector inspector;
    engine::RequestFacts facts;
    for ([[maybe_unused]] auto round : state) {
        HashingSink sink{facts.blocks};
        inspector.inspect({engine::Endpoint::chat_completions, "application/json",
                           std::string_view{body}.substr(0, length)},
                          facts, sink);
        benchmark::DoNotOptimize(facts.model.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(length));
}
BENCHMARK(inspect_chat)->Arg(2)->Arg(32)->Arg(128);

}  // namespace
}  // namespace penstock
