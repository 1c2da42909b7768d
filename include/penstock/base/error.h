// Errors as values. Every module returns `Result<T>`; who decides logs, who fails returns.
//
// One code has one name, used in the client's JSON error, in metric labels and in the access log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace penstock {

/// What went wrong. The order is not part of any interface; the names are (`name(code)`).
enum class ErrorCode : std::uint8_t {
    // The client's request.
    bad_request,
    request_line_too_long,
    head_too_large,
    body_too_large,
    head_timeout,
    body_timeout,
    unsupported_transfer_encoding,
    unsupported_version,
    unsupported_method,
    expectation_failed,
    not_found,
    unauthorized,
    model_required,
    model_not_found,
    client_gone,
    client_write_stall,
    // Our own state.
    buffer_budget_spent,
    too_many_requests,
    models_not_listed_yet,
    no_healthy_backend,
    shutting_down,
    internal,
    // The engine's side.
    connect_failed,
    connect_timeout,
    upstream_closed,
    upstream_reused_closed,
    upstream_bad_response,
    engine_loading,
    engine_error,
    first_byte_timeout,
    idle_timeout,
    total_timeout,
    tls_handshake_failed,
    tls_verification_failed,
    // Values from outside a request: config, files, polled pages.
    invalid_value,
    io_failed,
};

inline constexpr std::size_t k_error_codes = static_cast<std::size_t>(ErrorCode::io_failed) + 1;

/// The code's one name, e.g. "no_healthy_backend". Thread: any.
[[nodiscard]] std::string_view name(ErrorCode code) noexcept;

/// A code and, where it helps a person, a sentence. Two words and a byte; copying shares the text.
class Error {
public:
    Error() noexcept = default;  // `internal`; for containers and results
    // NOLINTNEXTLINE(google-explicit-constructor): a code is an error
    Error(ErrorCode code) noexcept : code_{code} {}
    Error(ErrorCode code, std::string detail)
        : code_{code}, detail_{std::make_shared<const std::string>(std::move(detail))} {}

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }

    /// A sentence for a person, empty when the code says all. Lives as long as this error.
    [[nodiscard]] std::string_view detail() const noexcept {
        return detail_ ? std::string_view{*detail_} : std::string_view{};
    }

    friend bool operator==(const Error& a, const Error& b) noexcept { return a.code_ == b.code_; }

private:
    ErrorCode code_ = ErrorCode::internal;
    std::shared_ptr<const std::string> detail_;
};

template <class T>
using Result = boost::system::result<T, Error>;

/// Called by `Result::value()` on an error: asking a failed result for its value is a bug.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace penstock
