#include "penstock/base/error.h"

#include <array>
#include <stdexcept>

namespace penstock {

namespace {

constexpr std::array<std::string_view, k_error_codes> k_names{
    "bad_request",
    "request_line_too_long",
    "head_too_large",
    "body_too_large",
    "head_timeout",
    "body_timeout",
    "unsupported_transfer_encoding",
    "unsupported_version",
    "unsupported_method",
    "expectation_failed",
    "not_found",
    "unauthorized",
    "model_required",
    "model_not_found",
    "client_gone",
    "client_write_stall",
    "buffer_budget_spent",
    "too_many_requests",
    "models_not_listed_yet",
    "no_healthy_backend",
    "shutting_down",
    "internal",
    "connect_failed",
    "connect_timeout",
    "upstream_closed",
    "upstream_reused_closed",
    "upstream_bad_response",
    "engine_loading",
    "engine_error",
    "first_byte_timeout",
    "idle_timeout",
    "total_timeout",
    "tls_handshake_failed",
    "tls_verification_failed",
    "invalid_value",
    "io_failed",
};

}  // namespace

std::string_view name(ErrorCode code) noexcept {
    return k_names[static_cast<std::size_t>(code)];
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    throw std::logic_error{std::string{where.function_name()} + ": result holds the error " +
                           std::string{name(error.code())} + " " + std::string{error.detail()}};
}

}  // namespace penstock
