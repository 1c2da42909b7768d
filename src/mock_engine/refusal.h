// Errors in the shapes that engines give them. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "ask.h"
#include "penstock/fleet/identity.h"

namespace penstock::mock_engine {

struct Refusal {
    int status = 400;
    std::string message;
    std::string param;  // the field at fault, or empty
};

/// vLLM nests the error, SGLang does not, Anthropic's API names its kinds otherwise.
[[nodiscard]] std::string to_json(const Refusal& refusal, Api api, fleet::Engine dialect);

}  // namespace penstock::mock_engine
