// The document of /backends. Pure.
//
//     {"version": "0.1.0", "started": "2026-03-01T08:00:00Z",
//      "generation": 3, "readiness": "ready",
//      "last_reload": {                      null: there was none
//          "ok": false, "at": "2026-03-01T09:47:00Z",
//          "problem": "no option has this name"},           the first, where it was refused
//      "requests": 81234,                    finished since the start
//      "errors": 12,                         of them, those that failed by no fault of their client
//      "last_minute": {                      or less, right after the start
//          "seconds": 58.2, "requests": 1204, "errors": 1,
//          "first_token_p50_ms": 210, "first_token_p95_ms": 840},     of the streams
//      "pools": [{"name": "default", "engine": "vllm",
//          "discover": null,                 the URL whose name is looked up
//          "discovery_error": null}],        why its last look-up failed
//      "backends": [{
//         "pool": "default", "url": "http://10.0.0.1:8000", "engine": "vllm", "weight": 1,
//         "health": "healthy",               unknown | healthy | unhealthy | loading
//         "draining": false, "ejected": false,
//         "cache_off": false,                its prefix cache finds nothing of what it should hold
//         "in_flight": 4,                    this proxy's own requests
//         "charged": {                       for them
//             "prompt_tokens": 900,          that are not prefilled yet
//             "output_tokens": 1024},        expected of the answers under way, in all
//         "models": ["llama"], "models_listed": true,
//         "sample": {                        null: none came yet
//             "age_seconds": 0.08,
//             "fresh": true,                 it is believed; else this proxy's own counts are
//             "requests_running": 12, "requests_waiting": 0, "requests_running_max": 256,
//             "kv_usage": 0.31, "kv_capacity_tokens": 400000,
//             "kv_host_tokens": null,        of the host's memory, where what is evicted is kept
//             "cache_queries": 81234, "cache_hits": 60111, "adapters": ["sql"],        LoRA
//             adapters at work "adapters_waiting": [], "adapter_slots": 8},
//         "failures": {                      tries that failed, also where another backend served
//             "total": 7, "last_minute": 2,
//             "last_reason": "engine_error", null: none has failed
//             "last_seconds_ago": 3.1},
//         "index": {"blocks": 120, "capacity": 4096},
//         "kv_events": {                     null: not asked for
//             "state": "following",          connecting | following | disconnected | silent
//             "engine_blocks": 900,          that the engine holds, by its events
//             "stored": 1200, "removed": 300, "cleared": 0, "other": 0,
//             "undecodable": 0, "gaps": 0, "restarts": 0, "replays": 1, "replays_failed": 0,
//             "prompt_blocks_paired": 110, "prompt_blocks_unpaired": 10},
//         "poll_interval_ms": 100, "last_error": null}]}
//
// What an engine does not tell is null. Numbers have at most three decimals. Fields may be added,
// none changes its meaning.
#pragma once

#include <string>

#include "penstock/admin/admin.h"

namespace penstock::admin {

/// Indented, with a newline at its end.
[[nodiscard]] std::string backends_json(const ProxyView& proxy);

}  // namespace penstock::admin
