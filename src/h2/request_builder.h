// The fields of an HTTP/2 request become the head that HTTP/1.1's parser would have made. What
// that parser refuses is refused here (RFC 9113 8.3, 8.2; no request smuggles by changing its
// version). What nghttp2 has refused before is not looked at again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/http/head.h"
#include "penstock/http/request_rules.h"

namespace penstock::h2 {

/// Pure. After the first error the rest is counted and not kept.
class RequestBuilder {
public:
    explicit RequestBuilder(const http::HeadLimits& limits) noexcept : limits_{limits} {}

    void add(std::string_view name, std::string_view value, http::RequestHead& head);
    /// The head is whole. `has_body`: the stream goes on behind it. Errors: those of
    /// `h1::parse_request`.
    [[nodiscard]] Result<void> finish(bool has_body, http::RequestHead& head);

    /// A method that we know has come.
    [[nodiscard]] bool has_method() const noexcept { return has_method_; }
    /// Size of the list as RFC 9113 6.5.2 counts it, far beyond the limit: the peer does not care
    /// for answers.
    [[nodiscard]] bool is_flood() const noexcept { return size_ > 4 * limits_.head; }

private:
    [[nodiscard]] Result<void> take(std::string_view name, std::string_view value,
                                    http::RequestHead& head);
    [[nodiscard]] Result<void> take_pseudo(std::string_view name, std::string_view value,
                                           http::RequestHead& head);
    [[nodiscard]] Result<void> take_path(std::string_view value, http::RequestHead& head);
    [[nodiscard]] Result<void> take_field(std::string_view name, std::string_view value,
                                          http::RequestHead& head);
    void add_cookie(std::string_view crumb);

    const http::HeadLimits& limits_;
    std::optional<Error> error_;
    std::size_t size_ = 0;
    std::size_t count_ = 0;
    std::string cookie_;  // crumbs, joined (RFC 9113 8.2.3)
    std::string host_;
    bool has_method_ = false;
    bool has_length_ = false;
    std::uint32_t expectations_ = 0;
    bool expects_other_ = false;
};

}  // namespace penstock::h2
