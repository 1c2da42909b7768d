#include "penstock/http/reply.h"

#include "penstock/base/json_text.h"

namespace penstock::http {

namespace {

/// One row per error: what a client sees.
struct Row {
    int status;
    std::string_view type;  // OpenAI's "type"; Anthropic's follows from the status
    std::string_view message;
};

Row row_of(ErrorCode code) noexcept {
    constexpr std::string_view k_request = "invalid_request_error";
    constexpr std::string_view k_server = "server_error";
    switch (code) {
        case ErrorCode::bad_request:
            return {400, k_request, "The request is malformed."};
        case ErrorCode::request_line_too_long:
            return {414, k_request, "The request line is too long."};
        case ErrorCode::head_too_large:
            return {431, k_request, "The request's header is too large."};
        case ErrorCode::body_too_large:
            return {413, k_request, "The request's body is too large."};
        case ErrorCode::head_timeout:
            return {408, k_request, "The request's header took too long."};
        case ErrorCode::body_timeout:
            return {408, k_request, "The request's body took too long."};
        case ErrorCode::unsupported_transfer_encoding:
            return {501, k_request, "Only the transfer coding chunked is supported."};
        case ErrorCode::unsupported_version:
            return {505, k_request, "Only HTTP/1.0 and HTTP/1.1 are supported here."};
        case ErrorCode::unsupported_method:
            return {501, k_request, "The method is not supported."};
        case ErrorCode::expectation_failed:
            return {417, k_request, "Only the expectation 100-continue is supported."};
        case ErrorCode::not_found:
            return {404, k_request, "Nothing is served under this path."};
        case ErrorCode::unauthorized:
            return {401, "authentication_error", "A valid API key is required."};
        case ErrorCode::model_required:
            return {400, k_request, "A model must be named."};
        case ErrorCode::model_not_found:
            return {404, k_request, "The model is not served here."};
        case ErrorCode::client_gone:
            return {499, k_request, "The client has gone."};
        case ErrorCode::client_write_stall:
            return {499, k_request, "The client did not read."};
        case ErrorCode::buffer_budget_spent:
            return {503, k_server, "Too many request bodies are buffered; try again."};
        case ErrorCode::too_many_requests:
            return {429, "rate_limit_error", "All backends are at their limit; try again."};
        case ErrorCode::models_not_listed_yet:
            return {503, k_server, "The backends have not listed their models yet; try again."};
        case ErrorCode::no_healthy_backend:
            return {503, k_server, "No healthy backend serves this request; try again."};
        case ErrorCode::shutting_down:
            return {503, k_server, "The proxy is shutting down; try again."};
        case ErrorCode::internal:
            return {500, k_server, "An internal error."};
        case ErrorCode::connect_failed:
            return {502, k_server, "The backend could not be reached."};
        case ErrorCode::connect_timeout:
            return {504, k_server, "The backend did not accept the connection in time."};
        case ErrorCode::upstream_closed:
            return {502, k_server,
                    "The backend closed the connection before its response was complete."};
        case ErrorCode::upstream_reused_closed:
            return {502, k_server, "The backend closed a kept connection."};
        case ErrorCode::upstream_bad_response:
            return {502, k_server, "The backend's response is malformed."};
        case ErrorCode::engine_loading:
            return {503, k_server, "The backend is still loading; try again."};
        case ErrorCode::engine_error:
            return {502, k_server, "The engine reported an error."};
        case ErrorCode::first_byte_timeout:
            return {504, k_server, "The backend did not answer in time."};
        case ErrorCode::idle_timeout:
            return {504, k_server, "The backend fell silent."};
        case ErrorCode::total_timeout:
            return {504, k_server, "The request took too long."};
        case ErrorCode::invalid_value:
            return {500, k_server, "A value is invalid."};
        case ErrorCode::io_failed:
            return {500, k_server, "An input or output operation failed."};
    }
    return {500, k_server, "An internal error."};
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

std::string error_json(const Error& error, ApiShape shape) {
    const Row row = row_of(error.code());
    const std::string_view message = error.detail().empty() ? row.message : error.detail();
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
    head.framing = bodiless ? Framing::none : Framing::length;
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
