// TensorRT-LLM's JSON at `/metrics`: the iterations since the last read, which it drains. Pure.
#pragma once

#include <string_view>

#include "penstock/base/error.h"
#include "penstock/fleet/load.h"

namespace penstock::engine {

/// The newest iteration as a sample; an empty list gives a sample that tells nothing. Errors:
/// invalid_value. Source: trtllm-serve's IterationStats (tensorrt_llm/serve/openai_server.py).
[[nodiscard]] Result<fleet::LoadSample> read_iteration_stats(std::string_view page);

}  // namespace penstock::engine
