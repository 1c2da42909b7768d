#include "penstock/http/reply.h"

#include <array>

#include "penstock/base/json_text.h"

namespace penstock::http {

namespace {

/// One row per error: what a client sees.
struct Row {
    ErrorCode code;
    int status;
    std::string_view type;  // OpenAI's "type"; Anthropic's follows from the status
    std::string_view message;
};

constexpr std::string_view k_request = "invalid_request_error";
constexpr std::string_view k_server = "server_error";

// In the order of the enumeration.
constexpr std::array<Row, k_error_codes> k_rows{{
    {ErrorCode::bad_request, 400, k_request, "The request is malformed."},
    {ErrorCode::request_line_too_long, 414, k_request, "The request line is too long."},
    {ErrorCode::head_too_large, 431, k_request, "The request's header is too large."},
    {ErrorCode::body_too_large, 413, k_request, "The request's body is too large."},
    {ErrorCode::head_timeout, 408, k_request, "The request's header took too long."},
    {ErrorCode::body_timeout, 408, k_request, "The request's body took too long."},
    {ErrorCode::unsupported_transfer_encoding, 501, k_request,
     "Only the transfer coding chunked is supported."},
    {ErrorCode::unsupported_version, 505, k_request,
     "Only HTTP/1.0 and HTTP/1.1 are supported here."},
    {ErrorCode::unsupported_method, 501, k_request, "The method is not supported."},
    {ErrorCode::expectation_failed, 417, k_request,
     "Only the expectation 100-continue is supported."},
    {ErrorCode::not_found, 404, k_request, "Nothing is served under this path."},
    {ErrorCode::unauthorized, 401, "authentication_error", "A valid API key is required."},
    {ErrorCode::model_required, 400, k_request, "A model must be named."},
    {ErrorCode::model_not_found, 404, k_request, "The model is not served here."},
    {ErrorCode::client_gone, 499, k_request, "The client has gone."},
    {ErrorCode::client_write_stall, 499, k_request, "The client did not read."},
    {ErrorCode::buffer_budget_spent, 503, k_server, "Too many requests are buffered; try again."},
    {ErrorCode::too_many_requests, 429, "rate_limit_error",
     "All backends are at their limit; try again."},
    {ErrorCode::models_not_listed_yet, 503, k_server,
     "The backends have not listed their models yet; try again."},
    {ErrorCode::no_healthy_backend, 503, k_server,
     "No healthy backend serves this request; try again."},
    {ErrorCode::shutting_down, 503, k_server, "The proxy is shutting down; try again."},
    {ErrorCode::internal, 500, k_server, "An internal error."},
    {ErrorCode::connect_failed, 502, k_server, "The backend could not be reached."},
    {ErrorCode::connect_timeout, 504, k_server,
     "The backend did not accept the connection in time."},
    {ErrorCode::upstream_closed, 502, k_server,
     "The backend closed the connection before its response was complete."},
    {ErrorCode::upstream_reused_closed, 502, k_server,
     "The backend closed a kept connection, or refused the request unread."},
    {ErrorCode::upstream_bad_response, 502, k_server, "The backend's response is malformed."},
    {ErrorCode::engine_loading, 503, k_server, "The backend is still loading; try again."},
    {ErrorCode::engine_error, 502, k_server, "The engine reported an error."},
    {ErrorCode::first_byte_timeout, 504, k_server, "The backend did not answer in time."},
    {ErrorCode::idle_timeout, 504, k_server, "The backend fell silent."},
    {ErrorCode::total_timeout, 504, k_server, "The request took too long."},
    {ErrorCode::tls_handshake_failed, 502, k_server,
     "No encrypted connection to the backend could be made."},
    {ErrorCode::tls_verification_failed, 502, k_server,
     "The backend's certificate could not be verified."},
    {ErrorCode::invalid_value, 500, k_server, "A value is invalid."},
    {ErrorCode::io_failed, 500, k_server, "An input or output operation failed."},
}};

static_assert([] {
    for (std::size_t i = 0; i < k_rows.size(); ++i) {
        if (k_rows[i].code != static_cast<ErrorCode>(i)) return false;
    }
    return true;
}());

const Row& row_of(ErrorCode code) noexcept {
    return k_rows[static_cast<std::size_t>(code)];
}

constexpr char upper(char c) noexcept {
    return static_cast<char>(c - 'a' + 'A');
}

/// https://docs.anthropic.com/en/api/errors
std::string_view anthropic_type(int status) noexcept {
    switch (status) {
        case 401:
            return "authentication_error";
        case 404:
            return "not_found_error";
        case 413:
            return "request_too_large";
        case 429:
            return "rate_limit_error";
        case 503:
            return "overloaded_error";
        default:
            return status < 500 ? "invalid_request_error" : "api_error";
    }
}

}  // namespace

ApiShape api_shape(std::string_view path) noexcept {
    constexpr std::string_view k_messages = "/v1/messages";
    const bool messages =
        path == k_messages || (path.starts_with(k_messages) && path[k_messages.size()] == '/');
    return messages ? ApiShape::anthropic : ApiShape::openai;
}

int status_of(ErrorCode code) noexcept {
    return row_of(code).status;
}
std::string_view message_of(ErrorCode code) noexcept {
    return row_of(code).message;
}

bool ails_backend(ErrorCode code) noexcept {
    return code >= ErrorCode::connect_failed && code <= ErrorCode::tls_verification_failed &&
           code != ErrorCode::total_timeout;
}

std::string message_for_client(const Error& error) {
    std::string text{error.detail()};
    if (text.empty() || ails_backend(error.code())) return std::string{message_of(error.code())};
    if (text.front() >= 'a' && text.front() <= 'z') text.front() = upper(text.front());
    if (text.back() != '.' && text.back() != '?') text += '.';
    return text;
}

std::string error_json(const Error& error, ApiShape shape) {
    const Row& row = row_of(error.code());
    const std::string message = message_for_client(error);
    std::string out;
    if (shape == ApiShape::anthropic) {
        out = R"({"type":"error","error":{"type":)";
        append_json_string(out, anthropic_type(row.status));
        out += R"(,"message":)";
        append_json_string(out, message);
        return out += "}}";
    }
    out = R"({"error":{"message":)";
    append_json_string(out, message);
    out += R"(,"type":)";
    append_json_string(out, row.type);
    out += R"(,"param":null,"code":)";
    append_json_string(out, name(error.code()));
    return out += "}}";
}

std::string error_event(const Error& error, ApiShape shape) {
    std::string event = shape == ApiShape::anthropic ? "event: error\ndata: " : "data: ";
    return event += error_json(error, shape) + "\n\n";
}

ResponseHead error_head(const Error& error, std::size_t body_length) {
    ResponseHead head;
    head.status = status_of(error.code());
    head.framing = Framing::length;
    head.length = body_length;
    head.fields.append(FieldName::content_type, "application/json");
    if (head.status == 503 || head.status == 429) head.fields.append(FieldName::retry_after, "1");
    if (head.status == 401) head.fields.append("WWW-Authenticate", "Bearer");
    return head;
}

void reply(ServerStream& stream, ResponseHead head, std::string_view body) {
    const bool bodiless = head.status == 204 || head.status == 304;
    head.framing = bodiless || body.empty() ? Framing::none : Framing::length;
    head.length = body.size();
    head.has_length = !bodiless;
    stream.respond(head);
    if (!body.empty() && !bodiless && stream.head().method != Method::head)
        stream.write({}, Pieces{&body, 1});
    stream.finish({});
}

void reply(ServerStream& stream, int status, std::string_view content_type, std::string_view body) {
    ResponseHead head;
    head.status = status;
    head.fields.append(FieldName::content_type, content_type);
    reply(stream, std::move(head), body);
}

}  // namespace penstock::http
