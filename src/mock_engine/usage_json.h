// What answers tell of the engine's cache.
#pragma once

#include "answer_format.h"
#include "json_text.h"

namespace penstock::mock_engine {

/// `null` where the engine does not tell.
[[nodiscard]] inline Json cached_json(const Usage& usage, bool cache_report) {
    return cache_report ? Json{{"cached_tokens", usage.cached_tokens}} : Json(nullptr);
}

}  // namespace penstock::mock_engine
