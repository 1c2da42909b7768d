// Request and response heads, the same for HTTP/1.1 and HTTP/2. Values; owned by their stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/http/fields.h"

namespace penstock::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
[[nodiscard]] std::string_view name(Method method) noexcept;

enum class Version : std::uint8_t { http_1_0, http_1_1, http_2 };

/// How a body's end is known.
enum class Framing : std::uint8_t {
    none,         // no body at all
    length,       // Content-Length
    chunked,      // Transfer-Encoding: chunked
    until_close,  // responses only: the connection's end
};

struct RequestHead {
    Method method = Method::get;
    Version version = Version::http_1_1;
    std::string target;     // origin-form: path and query, as it came ("*" for OPTIONS *)
    std::string authority;  // Host or :authority or the absolute form's authority; may be empty for
                            // HTTP/1.0
    Fields fields;  // Host, Content-Length and Transfer-Encoding are not among them: see below
    Framing framing = Framing::none;
    std::uint64_t length = 0;       // for Framing::length
    bool expects_continue = false;  // Expect: 100-continue, removed from the fields
    bool keep_alive = true;         // what the client asked of the connection

    /// As new, but the memory is kept for the next head.
    void clear() noexcept;

    [[nodiscard]] std::string_view path() const noexcept {
        return std::string_view{target}.substr(0, target.find('?'));
    }
};

struct ResponseHead {
    int status = 200;
    std::string reason;
    Version version = Version::http_1_1;
    Fields fields;  // without Content-Length and Transfer-Encoding
    Framing framing = Framing::none;
    std::uint64_t length =
        0;  // for Framing::length; for HEAD and 304 the length that a GET would have had
    bool has_length = false;  // a Content-Length to send although there is no body (HEAD, 304)
    bool keep_alive = true;

    /// As new, but the memory is kept for the next head.
    void clear() noexcept;
    void swap(ResponseHead& other) noexcept;
};

/// A final response that ends with its head, whatever its fields say (RFC 9110 6.4.1).
[[nodiscard]] constexpr bool has_no_body(Method method, int status) noexcept {
    return method == Method::head || status == 204 || status == 304;
}

/// The standard phrase ("Not Found"), or "" for an unknown status.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace penstock::http
