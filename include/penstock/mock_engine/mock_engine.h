// `penstock engine`: the engine model behind our own server streams, with faults on demand.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "penstock/base/units.h"
#include "penstock/fleet/identity.h"
#include "penstock/http/stream.h"
#include "penstock/kv_events/publisher.h"
#include "penstock/sim/engine_model.h"

namespace penstock::net {
class Loop;
}

namespace penstock::mock_engine {

/// What goes wrong on demand. `status`, `hang`, `stall_after` and `reset_after` concern requests
/// that generate (embeddings too) and hold from a request's beginning to its end; their answer to
/// /health and /metrics stays what it was.
struct Faults {
    Millis startup{0};    // 503 to everything until then (SGLang lists its models all the same)
    bool refuse = false;  // the port is closed (see `on_refuse`)
    std::uint32_t status = 0;       // every such request is answered with this (e.g. 503); 0: off
    bool hang = false;              // no response byte ever
    std::uint32_t stall_after = 0;  // tokens, then silence; 0: off
    std::uint32_t reset_after = 0;  // tokens, then broken off; 0: off
    Millis slow_metrics{0};
    Millis lasting{0};  // all of them end by themselves after this; 0: they do not
};

struct EngineOptions {
    std::string id = "engine-0";                  // X-Engine-Id
    fleet::Engine dialect = fleet::Engine::vllm;  // vllm or sglang: names of metrics
    std::vector<std::string> models{"demo-model"};
    std::vector<std::string> adapters;
    std::uint32_t ranks = 1;         // data-parallel engines, each with the whole profile
    std::uint32_t max_adapters = 8;  // loaded at a time
    Millis adapter_load{0};          // before the first token, where one is not
    std::uint64_t seed = 1;
    double speed = 1.0;  // 2: twice as fast as the profile
    Millis keep_alive{5'000};
    std::uint32_t default_output_tokens = 32;  // when the request names no maximum
    sim::EngineProfile profile;
    bool cache_report = true;  // answers tell how much of their prompt was cached
    Faults faults;
};

/// One simulated engine on a loop. Thread: the loop's. Serves
/// - POST /v1/chat/completions, /v1/completions, /v1/messages, /v1/responses (streamed or not),
///   /v1/embeddings, /v1/messages/count_tokens, /tokenize;
/// - GET /v1/models, /metrics, /health, /ping, /version;
/// - for tests: POST /mock/faults (JSON of `Faults`' fields, durations in milliseconds, what is not
///   named is off; GET tells them), POST /mock/restart (cold cache, counters at zero, answers under
///   way broken off, `startup` counted anew), GET /mock/log (the last 4,096 requests with their
///   headers and what became of them; `?since=N` those after number N), /mock/echo (any method: the
///   body as it came; X-Echo-Method, X-Echo-Target).
/// Every answer names the engine in X-Engine-Id. Of several ranks the one serves that
/// X-Data-Parallel-Rank asks for, else the least busy one.
///
/// The text of an answer depends on seed and prompt alone. The prompt of a completion is its
/// `prompt`; that of a dialogue is put together as src/mock_engine/ask.h tells. Token i (from 0) is
///     words[mix((seed ^ fnv1a64(prompt)) + (i + 1) * 0x9E3779B97F4A7C15) % 64]
/// with the list and SplitMix64's finalizer `mix` of src/mock_engine/text.cpp, all modulo 2^64;
/// each but the first has a space before it. There are `max_tokens` of them (finish reason
/// "length"), or `default_output_tokens` ("stop"). A prompt has a token for each four bytes begun.
class MockEngine final : public http::Handler {
public:
    MockEngine(net::Loop& loop, EngineOptions options);
    ~MockEngine() override;
    Task<void> handle(http::ServerStream& stream) override;

    /// The fault `refuse` is for the owner of the port: called with each change of it, and at once
    /// if it holds already. Requests on connections that are open then are broken off here.
    void on_refuse(std::function<void(bool refuse)> callback);

    /// Publishes the KV-cache events of its dialect from now on. A block's token ids are made of
    /// its hash: equal prompts have equal ones in all engines. Errors: io_failed with the endpoint.
    [[nodiscard]] Result<void> publish_events(kv_events::Publisher::Options options);
    /// Null: it publishes none.
    [[nodiscard]] const kv_events::Publisher* publisher() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::mock_engine
