// What an admin page answers with.
#pragma once

#include <string>
#include <string_view>

#include "penstock/base/error.h"

namespace penstock::admin {

inline constexpr std::string_view k_json = "application/json";

struct Page {
    int status = 200;
    std::string_view content_type = k_json;
    std::string body;
    std::string_view allow = {};  // the methods that would do; empty: it is not the method
};

/// With the status that clients get for such an error.
[[nodiscard]] Page page_of(const Error& error);
/// 405.
[[nodiscard]] Page only(std::string_view methods, std::string sentence);

}  // namespace penstock::admin
