// The page at "/": the backends, live. One document, nothing from elsewhere.
#pragma once

#include <string_view>

namespace penstock::admin {

extern const std::string_view k_status_page;

}  // namespace penstock::admin
