// An explanation (src/proxy/explanation_json.h) as a table for people. Pure.
#pragma once

#include <string>
#include <string_view>

#include "penstock/base/error.h"

namespace penstock::app {

struct ExplanationText {
    std::string table;     // with its last newline
    bool refused = false;  // the request would not be served
};

/// Errors: invalid_value for what is no such document.
[[nodiscard]] Result<ExplanationText> explanation_text(std::string_view document);

/// Why there is no explanation, from an answer that is none.
[[nodiscard]] std::string refusal_text(int status, std::string_view body);

}  // namespace penstock::app
