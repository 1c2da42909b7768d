// What gRPC asks of a proxy: its calls are known by their content type, and their result stands in
// trailers (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Thread: any.
#pragma once

#include <cstdint>
#include <optional>

#include "penstock/base/error.h"
#include "penstock/base/units.h"
#include "penstock/http/stream.h"

namespace penstock::http {

/// The codes that the proxy gives or judges (grpc/grpc doc/statuscodes.md).
enum class GrpcStatus : std::uint8_t {
    ok = 0,
    cancelled = 1,
    unknown = 2,
    invalid_argument = 3,
    deadline_exceeded = 4,
    not_found = 5,
    already_exists = 6,
    permission_denied = 7,
    resource_exhausted = 8,
    failed_precondition = 9,
    aborted = 10,
    out_of_range = 11,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
    data_loss = 15,
    unauthenticated = 16,
};

/// The content type is application/grpc or one of its family.
[[nodiscard]] bool is_grpc(const Fields& fields) noexcept;

/// The one table from error to gRPC status, as `status_of` is to HTTP's.
[[nodiscard]] GrpcStatus grpc_status_of(ErrorCode code) noexcept;

/// The `grpc-status` among these fields; `unknown` where it is no number of the list. Nothing:
/// there is none.
[[nodiscard]] std::optional<GrpcStatus> grpc_status(const Fields& fields) noexcept;

/// How long a call may take by its `grpc-timeout`, rounded up, a year at most. Nothing: there is
/// none, or none that can be read, which is the server's to judge.
[[nodiscard]] std::optional<Millis> grpc_timeout(const Fields& fields) noexcept;

/// The caller is to blame, by the code's definition.
[[nodiscard]] bool is_callers_fault(GrpcStatus status) noexcept;

/// `grpc-status` and `grpc-message` of an error of ours.
void append_grpc_error(const Error& error, Fields& to);

/// Answers a call with an error of ours: a response of trailers only. `extra`: ours in every
/// response.
void reply_grpc(ServerStream& stream, const Error& error, const Fields& extra);

}  // namespace penstock::http
