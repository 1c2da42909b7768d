// Answers that the process makes itself: errors in the API's shape and small documents.
#pragma once

#include <string_view>

#include "penstock/base/error.h"
#include "penstock/http/stream.h"

namespace penstock::http {

/// Which API's error shape a client expects.
enum class ApiShape : std::uint8_t { openai, anthropic };
[[nodiscard]] ApiShape api_shape(
    std::string_view path) noexcept;  // anthropic for /v1/messages and below

/// The one table from error to status. 499 for a client that has gone (never sent, only recorded).
[[nodiscard]] int status_of(ErrorCode code) noexcept;

/// A sentence for the client when the error carries none.
[[nodiscard]] std::string_view message_of(ErrorCode code) noexcept;

/// A backend is at fault, not the request, nor its time.
[[nodiscard]] bool ails_backend(ErrorCode code) noexcept;

/// The sentence that a client is told: the error's own words, else the code's. Of what ails a
/// backend only the code's: names and addresses behind the proxy are none of a client's business,
/// and the access line has them.
[[nodiscard]] std::string message_for_client(const Error& error);

/// `{"error":{"message":…,"type":…,"param":null,"code":…}}`, or Anthropic's shape. Valid JSON
/// whatever the detail holds.
[[nodiscard]] std::string error_json(const Error& error, ApiShape shape);

/// The same as one SSE event, for streams that end visibly broken.
[[nodiscard]] std::string error_event(const Error& error, ApiShape shape);

/// The head of an error's answer: status, Content-Type, Content-Length, Retry-After where it helps.
/// `extra` fields (request id, CORS) may be appended before `reply`.
[[nodiscard]] ResponseHead error_head(const Error& error, std::size_t body_length);

/// Sends head and body whole and finishes. `head.length` is set from `body`; a HEAD request gets no
/// body.
void reply(ServerStream& stream, ResponseHead head, std::string_view body);

/// `reply` with this status and content type.
void reply(ServerStream& stream, int status, std::string_view content_type, std::string_view body);

}  // namespace penstock::http
