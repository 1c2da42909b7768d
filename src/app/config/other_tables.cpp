// The small tables, and the root that holds all of them.
#include "penstock/app/config.h"
#include "tables.h"
#include "text_formats.h"

namespace penstock::app {

namespace {

constexpr std::array<std::string_view, 4> k_levels{"error", "warning", "info", "debug"};
constexpr std::array<std::string_view, 2> k_formats{"json", "logfmt"};

const Option k_admin_options[] = {
    {.name = "address",
     .binding = bound<&AdminConfig::address>(),
     .reload = Reload::restart,
     .format = &k_address,
     .sentence =
         "Where /metrics, /livez, /readyz, /backends, /config and /explain are served. They "
         "have no authentication of their own: keep it on loopback or a closed network."},
    {.name = "enabled",
     .binding = bound<&AdminConfig::enabled>(),
     .reload = Reload::restart,
     .sentence = "Whether there is an admin listener at all."},
};

const Option k_auth_options[] = {
    {.name = "keys_file",
     .binding = bound<&AuthConfig::keys_file>(),
     .format = &k_file,
     .empty = "nobody needs a key",
     .sentence = "A file with the SHA-256 of each valid API key, 64 hex digits a line, optionally "
                 "with a name behind it, which access lines tell as `key_name`. Clients send the "
                 "key as `Authorization: Bearer` or "
                 "`x-api-key`; others get 401. `printf %s KEY | sha256sum` makes a line."},
};

const Option k_cors_options[] = {
    {.name = "allow_origins",
     .binding = bound<&CorsConfig::allow_origins>(),
     .format = &k_origin,
     .empty = "off",
     .sentence = "Origins of web pages that may call; preflights are answered for them, and what "
                 "engines say of origins is left out. `*` for all."},
};

const Option k_policy_options[] = {
    {.name = "require_backend_tls",
     .binding = bound<&PolicyConfig::require_backend_tls>(),
     .sentence = "Refuse a configuration that would send requests to a backend in clear text: "
                 "http:// URLs of backends and of `discover`, with any `protocol`, and tcp:// "
                 "endpoints of `kv_events` and `kv_replay`, which tell prompts' tokens. Unix "
                 "sockets do not leave the machine and are allowed. TLS that verifies nobody "
                 "(`insecure`) is refused too."},
};

const Option k_log_options[] = {
    {.name = "level",
     .binding = chosen<&telemetry::LogOptions::level, k_levels>(),
     .sentence =
         "The least important lines that are written. error: an operator must act. warning: "
         "degraded, heals by itself. info: start, end, reloads."},
    {.name = "format",
     .binding = chosen<&telemetry::LogOptions::format, k_formats>(),
     .sentence = "How lines are written."},
    {.name = "access",
     .binding = bound<&telemetry::LogOptions::access>(),
     .sentence =
         "Write one line per request. It never holds what was asked or answered. Where a backend "
         "failed, `error_detail` says more than its client is told."},
    {.name = "explain",
     .binding = bound<&telemetry::LogOptions::explain>(),
     .sentence =
         "Let the access line tell the candidates of the request's last pick in `candidates`: of "
         "the eight best each term of its score, its load, and why it could not be picked where "
         "that is so. Some 2 KiB a line."},
    {.name = "access_file",
     .binding = bound<&telemetry::LogOptions::access_file>(),
     .format = &k_file,
     .empty = "standard output",
     .sentence =
         "Where access lines go. Appended to, and opened anew at each reload, so that it can "
         "be rotated."},
};

constexpr ChildTable k_children[] = {
    one_table<&Config::server>("server", k_server_table),
    table_list<&Config::listeners>("listener", k_listener_table, k_listeners_max),
    one_table<&Config::admin>("admin", k_admin_table),
    table_list<&Config::pools>("pool", k_pool_table, k_pools_max),
    table_list<&Config::routes>("route", k_route_table, k_routes_max),
    one_table<&Config::auth>("auth", k_auth_table),
    one_table<&Config::cors>("cors", k_cors_table),
    one_table<&Config::policy>("policy", k_policy_table),
    one_table<&Config::log>("log", k_log_table),
};

}  // namespace

const OptionTable k_admin_table{.name = "admin",
                                .sentence = "The pages for operators and monitoring.",
                                .options = k_admin_options,
                                .children = {},
                                .defaults = fresh<AdminConfig>};

const OptionTable k_auth_table{.name = "auth",
                               .sentence = "Who may use the proxy. Off unless a file is named.",
                               .options = k_auth_options,
                               .children = {},
                               .defaults = fresh<AuthConfig>};

const OptionTable k_cors_table{.name = "cors",
                               .sentence = "Calls from web pages of other origins.",
                               .options = k_cors_options,
                               .children = {},
                               .defaults = fresh<CorsConfig>};

const OptionTable k_policy_table{.name = "policy",
                                 .sentence = "What no other table may relax.",
                                 .options = k_policy_options,
                                 .children = {},
                                 .defaults = fresh<PolicyConfig>};

const OptionTable k_log_table{.name = "log",
                              .sentence = "What is logged, how, and where to.",
                              .options = k_log_options,
                              .children = {},
                              .defaults = fresh<telemetry::LogOptions>};

const OptionTable k_root_table{.name = "",
                               .sentence = "Configuration of Penstock.",
                               .options = {},
                               .children = k_children,
                               .defaults = fresh<Config>};

}  // namespace penstock::app
