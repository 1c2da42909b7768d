#include "penstock/http/response_rules.h"

#include <algorithm>
#include <array>

namespace penstock::http {

bool fit_trailer(const Field& field) noexcept {
    constexpr std::array<std::string_view, 12> k_forbidden{
        "age",    "cache-control", "cookie", "expires",    "location", "max-forwards",
        "pragma", "range",         "vary",   "set-cookie", "warning",  "www-authenticate"};
    const std::string_view name = field.name;
    return field.id == FieldName::other && !equal_no_case(name.substr(0, 8), "content-") &&
           std::none_of(k_forbidden.begin(), k_forbidden.end(), [name](std::string_view forbidden) {
               return equal_no_case(name, forbidden);
           });
}

}  // namespace penstock::http
