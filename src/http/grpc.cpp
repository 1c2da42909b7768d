#include "penstock/http/grpc.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "penstock/base/number_text.h"
#include "penstock/http/reply.h"

namespace penstock::http {

namespace {

constexpr std::string_view k_status = "grpc-status";

/// Percent-encoded, as the protocol has it for all but visible ASCII and blanks.
std::string message_text(std::string_view message) {
    constexpr std::string_view k_digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : message) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte <= 0x7E && c != '%') {
            text += c;
        } else {
            text.append({'%', k_digits[byte >> 4U], k_digits[byte & 15U]});
        }
    }
    return text;
}

}  // namespace

bool is_grpc(const Fields& fields) noexcept {
    constexpr std::string_view k_type = "application/grpc";
    const auto type = fields.find(FieldName::content_type);
    return type && equal_no_case(type->substr(0, k_type.size()), k_type);
}

// A switch, so that the compiler tells of an error without a row. Timeouts before the backend can
// have seen the call are `unavailable`: those may be tried again.
GrpcStatus grpc_status_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::bad_request:
        case ErrorCode::request_line_too_long:
        case ErrorCode::expectation_failed:
        case ErrorCode::model_required:
            return GrpcStatus::invalid_argument;
        case ErrorCode::head_too_large:
        case ErrorCode::body_too_large:
        case ErrorCode::too_many_requests:
            return GrpcStatus::resource_exhausted;
        case ErrorCode::head_timeout:
        case ErrorCode::body_timeout:
        case ErrorCode::first_byte_timeout:
        case ErrorCode::idle_timeout:
        case ErrorCode::total_timeout:
            return GrpcStatus::deadline_exceeded;
        case ErrorCode::unsupported_transfer_encoding:
        case ErrorCode::unsupported_version:
        case ErrorCode::unsupported_method:
        case ErrorCode::not_found:  // as gRPC reads a 404
            return GrpcStatus::unimplemented;
        case ErrorCode::unauthorized:
            return GrpcStatus::unauthenticated;
        case ErrorCode::model_not_found:
            return GrpcStatus::not_found;
        case ErrorCode::client_gone:
        case ErrorCode::client_write_stall:
            return GrpcStatus::cancelled;
        case ErrorCode::buffer_budget_spent:
        case ErrorCode::models_not_listed_yet:
        case ErrorCode::no_healthy_backend:
        case ErrorCode::shutting_down:
        case ErrorCode::connect_failed:
        case ErrorCode::connect_timeout:
        case ErrorCode::upstream_closed:
        case ErrorCode::upstream_reused_closed:
        case ErrorCode::engine_loading:
        case ErrorCode::tls_handshake_failed:
        case ErrorCode::tls_verification_failed:
            return GrpcStatus::unavailable;
        case ErrorCode::engine_error:
            return GrpcStatus::unknown;
        case ErrorCode::internal:
        case ErrorCode::upstream_bad_response:
        case ErrorCode::invalid_value:
        case ErrorCode::io_failed:
            return GrpcStatus::internal;
    }
    return GrpcStatus::unknown;
}

std::optional<GrpcStatus> grpc_status(const Fields& fields) noexcept {
    const auto text = fields.find(k_status);
    if (!text) return {};
    if (text->empty() || text->size() > 2) return GrpcStatus::unknown;
    unsigned number = 0;
    for (const char c : *text) {
        if (c < '0' || c > '9') return GrpcStatus::unknown;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    if (number > static_cast<unsigned>(GrpcStatus::unauthenticated)) return GrpcStatus::unknown;
    return static_cast<GrpcStatus>(number);
}

std::optional<Millis> grpc_timeout(const Fields& fields) noexcept {
    constexpr std::size_t k_digits_max = 8;
    constexpr Millis k_longest = std::chrono::hours{24 * 365};  // later deadlines would overflow
    const auto text = fields.find("grpc-timeout");
    if (!text || text->size() < 2 || text->size() > k_digits_max + 1) return {};
    std::int64_t count = 0;
    for (const char c : text->substr(0, text->size() - 1)) {
        if (c < '0' || c > '9') return {};
        count = count * 10 + (c - '0');
    }
    switch (text->back()) {
        case 'H':
            return std::min<Millis>(std::chrono::hours{count}, k_longest);
        case 'M':
            return std::min<Millis>(std::chrono::minutes{count}, k_longest);
        case 'S':
            return std::min<Millis>(std::chrono::seconds{count}, k_longest);
        case 'm':
            return Millis{count};
        case 'u':
            return std::chrono::ceil<Millis>(std::chrono::microseconds{count});
        case 'n':
            return std::chrono::ceil<Millis>(std::chrono::nanoseconds{count});
        default:
            return {};
    }
}

bool is_callers_fault(GrpcStatus status) noexcept {
    switch (status) {
        case GrpcStatus::cancelled:
        case GrpcStatus::invalid_argument:
        case GrpcStatus::not_found:
        case GrpcStatus::already_exists:
        case GrpcStatus::permission_denied:
        case GrpcStatus::failed_precondition:
        case GrpcStatus::out_of_range:
        case GrpcStatus::unimplemented:
        case GrpcStatus::unauthenticated:
            return true;
        default:
            return false;
    }
}

void append_grpc_error(const Error& error, Fields& to) {
    std::string number;
    append_number(number, static_cast<std::uint64_t>(grpc_status_of(error.code())));
    to.append(k_status, number);
    to.append("grpc-message", message_text(message_for_client(error)));
}

void reply_grpc(ServerStream& stream, const Error& error, const Fields& extra) {
    ResponseHead head;
    head.fields.append(FieldName::content_type, "application/grpc");
    append_grpc_error(error, head.fields);
    for (std::size_t i = 0; i < extra.size(); ++i)
        head.fields.append(extra[i].id, extra[i].name, extra[i].value);
    head.framing = Framing::none;
    stream.respond(head);
    stream.finish({});
}

}  // namespace penstock::http
