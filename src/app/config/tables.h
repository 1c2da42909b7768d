// The descriptions of all options, one table of the file each. See penstock/base/option.h.
#pragma once

#include <array>
#include <string_view>

#include "penstock/base/option.h"

namespace penstock::app {

extern const OptionTable k_root_table;
extern const OptionTable k_server_table;
extern const OptionTable k_http2_table;
extern const OptionTable k_listener_table;
extern const OptionTable k_listener_tls_table;
extern const OptionTable k_admin_table;
extern const OptionTable k_pool_table;
extern const OptionTable k_backend_tls_table;
extern const OptionTable k_route_table;
extern const OptionTable k_auth_table;
extern const OptionTable k_cors_table;
extern const OptionTable k_policy_table;
extern const OptionTable k_log_table;

// Bounds of lists of tables.
inline constexpr std::size_t k_listeners_max = 64;
inline constexpr std::size_t k_certificates_max = 256;  // of one listener
inline constexpr std::size_t k_pools_max = 256;
inline constexpr std::size_t k_backends_max = 1024;  // of one pool
inline constexpr std::size_t k_routes_max = 1024;

}  // namespace penstock::app
