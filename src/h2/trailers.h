// The trailers of a message, as they come. Requests and responses alike (RFC 9113 8.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/http/fields.h"

namespace penstock::h2 {

constexpr std::size_t k_field_overhead = 32;  // of each field in a list's size (RFC 9113 6.5.2)

/// Pure. After the first error the rest is counted and not kept.
class Trailers {
public:
    /// More than in HTTP/1.1: gRPC tells there how a call has ended.
    static constexpr std::size_t k_fields_max = 100;
    static constexpr std::size_t k_bytes_max = 32 * 1024;

    /// `blame`: the code of every error.
    explicit Trailers(ErrorCode blame) noexcept : blame_{blame} {}

    void add(std::string_view name, std::string_view value);
    /// The list is whole.
    [[nodiscard]] Result<void> finish() const;
    /// Those that may be passed on.
    [[nodiscard]] const http::Fields& fields() const noexcept { return fields_; }
    /// Far beyond the limit: it is not by mistake.
    [[nodiscard]] bool is_flood() const noexcept { return size_ > 8 * k_bytes_max; }

private:
    [[nodiscard]] const char* fault_of(std::string_view name, std::string_view value) noexcept;

    ErrorCode blame_;
    std::size_t size_ = 0;
    std::size_t count_ = 0;
    http::Fields fields_;
    std::optional<Error> error_;
};

/// Forbidden by RFC 9113 8.2.1. HTTP/1.1 would trim it, and so change the value.
[[nodiscard]] bool has_blank_edge(std::string_view value) noexcept;
/// What RFC 9113 8.2 and `http::k_response_limits` forbid in a field; null: nothing.
[[nodiscard]] const char* fault_of_field(std::string_view name, std::string_view value) noexcept;

}  // namespace penstock::h2
