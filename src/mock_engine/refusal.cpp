#include "refusal.h"

#include "json_text.h"

namespace penstock::mock_engine {

namespace {

const char* openai_type(int status) noexcept {
    switch (status) {
        case 400:
            return "BadRequestError";
        case 404:
            return "NotFoundError";
        case 429:
            return "RateLimitError";
        case 503:
            return "ServiceUnavailableError";
        default:
            return status < 500 ? "BadRequestError" : "InternalServerError";
    }
}

const char* anthropic_type(int status) noexcept {
    switch (status) {
        case 404:
            return "not_found_error";
        case 429:
            return "rate_limit_error";
        case 503:
            return "overloaded_error";
        default:
            return status < 500 ? "invalid_request_error" : "api_error";
    }
}

}  // namespace

std::string to_json(const Refusal& refusal, Api api, fleet::Engine dialect) {
    if (api == Api::messages) {
        return to_text(
            {{"type", "error"},
             {"error", {{"type", anthropic_type(refusal.status)}, {"message", refusal.message}}}});
    }
    Json error{{"message", refusal.message},
               {"type", openai_type(refusal.status)},
               {"param", refusal.param.empty() ? Json{} : Json(refusal.param)},
               {"code", refusal.status}};
    if (dialect == fleet::Engine::sglang && api != Api::responses) {
        Json flat{{"object", "error"}};
        flat.update(error);
        return to_text(flat);
    }
    return to_text({{"error", std::move(error)}});
}

}  // namespace penstock::mock_engine
