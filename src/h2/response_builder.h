// From the header list of an HTTP/2 response to the head that HTTP/1.1's parser would have made.
// What that parser refuses is refused here, and what RFC 9113 8.2 and 8.3.2 forbid: an engine is
// not trusted either.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/http/head.h"
#include "penstock/http/response_rules.h"

namespace penstock::h2 {

/// Pure. After the first error the rest is counted and not kept. Errors: upstream_bad_response.
class ResponseBuilder {
public:
    void add(std::string_view name, std::string_view value, http::ResponseHead& head);
    /// The list is whole. `ends`: nothing follows it. An interim head (1xx) is one, too: `restart`
    /// makes room for the next.
    [[nodiscard]] Result<void> finish(http::Method method, bool ends, http::ResponseHead& head);
    void restart() noexcept { *this = {}; }

    /// Far beyond the limit: it is not by mistake.
    [[nodiscard]] bool is_flood() const noexcept {
        return size_ > 4 * http::k_response_limits.head;
    }

private:
    [[nodiscard]] Result<void> take(std::string_view name, std::string_view value,
                                    http::ResponseHead& head);
    [[nodiscard]] Result<void> take_status(std::string_view name, std::string_view value,
                                           http::ResponseHead& head);
    [[nodiscard]] Result<void> take_field(std::string_view name, std::string_view value,
                                          http::ResponseHead& head);

    std::optional<Error> error_;
    std::size_t size_ = 0;
    std::size_t count_ = 0;
    bool has_status_ = false;
    bool has_length_ = false;
};

}  // namespace penstock::h2
