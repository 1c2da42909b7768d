// The document of /backends. Pure.
//
//     {"generation": 3, "readiness": "ready", "backends": [{
//         "pool": "default", "url": "http://10.0.0.1:8000", "engine": "vllm", "weight": 1,
//         "health": "healthy",               unknown | healthy | unhealthy | loading
//         "draining": false, "ejected": false,
//         "in_flight": 4,                    this proxy's own requests
//         "models": ["llama"], "models_listed": true,
//         "sample": {                        null: none came yet
//             "age_seconds": 0.08,
//             "requests_running": 12, "requests_waiting": 0, "requests_running_max": 256,
//             "kv_usage": 0.31, "kv_capacity_tokens": 400000,
//             "cache_queries": 81234, "cache_hits": 60111, "adapters": ["sql"],        LoRA
//             adapters at work "adapters_waiting": [], "adapter_slots": 8},
//         "index": {"blocks": 120, "capacity": 4096},
//         "poll_interval_ms": 100, "last_error": null}]}
//
// What an engine does not tell is null. Fields may be added, none changes its meaning.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "penstock/admin/admin.h"

namespace penstock::admin {

[[nodiscard]] std::string backends_json(std::span<const BackendView> backends,
                                        std::uint64_t generation, Readiness readiness);

}  // namespace penstock::admin
