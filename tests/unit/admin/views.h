// Backends as /backends sees them, with defaults.
#pragma once

#include <string>
#include <utility>

#include "penstock/admin/admin.h"

namespace penstock::admin {

[[nodiscard]] inline BackendView backend(std::string url = "http://10.0.0.1:8000") {
    BackendView view;
    view.pool = "default";
    view.url = std::move(url);
    view.engine = "vllm";
    view.state.health = fleet::Health::healthy;
    return view;
}

/// With a sample 80 ms old: 12 running, nobody waiting, nothing else told.
[[nodiscard]] inline BackendView polled() {
    BackendView view = backend();
    view.state.sample.emplace();
    view.state.sample->running = 12;
    view.state.sample->waiting = 0;
    view.sample_age_seconds = 0.08;
    return view;
}

}  // namespace penstock::admin
