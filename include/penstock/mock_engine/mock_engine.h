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
#include "penstock/sim/engine_model.h"

namespace penstock::net {
class Loop;
}

namespace penstock::mock_engine {

struct Faults {
    Millis startup{0};              // 503 "loading" from /health and requests until then
    bool refuse = false;            // the port is closed
    std::uint32_t status = 0;       // every completion answers this status (e.g. 503)
    bool hang = false;              // no response byte ever
    std::uint32_t stall_after = 0;  // tokens, then silence; 0: off
    std::uint32_t reset_after = 0;  // tokens, then a reset; 0: off
    Millis slow_metrics{0};
};

struct EngineOptions {
    std::string id = "engine-0";                  // X-Engine-Id
    fleet::Engine dialect = fleet::Engine::vllm;  // vllm or sglang: names of metrics
    std::vector<std::string> models{"demo-model"};
    std::vector<std::string> adapters;
    std::uint64_t seed = 1;
    double speed = 1.0;  // 2: twice as fast as the profile
    Millis keep_alive{5'000};
    std::uint32_t default_output_tokens = 32;  // when the request names no maximum
    sim::EngineProfile profile;
    Faults faults;
};

/// One simulated engine on a loop. Serves /v1/chat/completions, /v1/completions, /v1/embeddings,
/// /v1/messages, /v1/models, /health, /metrics, /tokenize, and POST /mock/faults (JSON of `Faults`'
/// fields), POST /mock/restart (cold cache, all streams reset), GET /mock/log (requests seen: id,
/// cancelled, headers). Thread: the loop's.
class MockEngine final : public http::Handler {
public:
    MockEngine(net::Loop& loop, EngineOptions options);
    ~MockEngine() override;
    Task<void> handle(http::ServerStream& stream) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::mock_engine
