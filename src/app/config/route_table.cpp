#include "penstock/app/config.h"
#include "tables.h"
#include "text_formats.h"

namespace penstock::app {

namespace {

constexpr double k_day = 24.0 * 3600 * 1000;
constexpr double k_gib = 1024.0 * 1024 * 1024;

constexpr std::array<std::string_view, 2> k_bodies{"inspect", "stream"};
constexpr std::array<std::string_view, 3> k_usages{"observe", "inject", "off"};

const Option k_options[] = {
    {.name = "name",
     .binding = bound<&RouteConfig::name>(),
     .format = &k_name,
     .empty = "\"route-N\" by its place in the file",
     .sentence = "What metrics and logs call it."},
    {.name = "pool",
     .binding = bound<&RouteConfig::pool>(),
     .need = Need::required,
     .sentence = "The pool that serves it, by name."},
    {.name = "models",
     .binding = bound<&RouteConfig::models>(),
     .format = &k_model,
     .empty = "any model",
     .sentence = "Models it takes; `*` stands for any text."},
    {.name = "paths",
     .binding = bound<&RouteConfig::paths>(),
     .format = &k_path_pattern,
     .empty = "inference and model lists, but none of an engine's control endpoints",
     .sentence = "Paths it takes; `*` stays within a segment, `**` stands for any number of them. "
                 "`/**` opens everything an engine answers."},
    {.name = "methods",
     .binding = bound<&RouteConfig::methods>(),
     .format = &k_method,
     .empty = "GET, HEAD and POST",
     .sentence = "Methods it takes; `*` for all."},
    {.name = "hosts",
     .binding = bound<&RouteConfig::hosts>(),
     .format = &k_host,
     .empty = "any host",
     .sentence = "Hosts it takes, without port; `*` stands for any text."},
    {.name = "headers",
     .binding = bound<&RouteConfig::headers>(),
     .secrecy = Secrecy::sensitive_entries,
     .format = &k_header_value,
     .empty = "any",
     .sentence = "Headers that a request must have, each with a value that matches."},
    {.name = "client_names",
     .binding = bound<&RouteConfig::client_names>(),
     .format = &k_certificate_name,
     .empty = "anybody",
     .sentence =
         "Names in clients' certificates that it takes, as [listener.tls] verified them; "
         "`*` stands for any text. A certificate may bear several, of which one must match: where "
         "the listener names some, those that it allows count. Clients without a certificate "
         "do not match."},
    {.name = "upgrades",
     .binding = bound<&RouteConfig::upgrades>(),
     .format = &k_upgrade,
     .empty = "none: Upgrade is taken out of the request",
     .sentence = "Protocols that an HTTP/1.1 client may change to, \"websocket\" for one. The "
                 "backend is picked by load, and after its 101 both directions are passed on "
                 "unread until one side ends."},
    {.name = "require_labels",
     .binding = bound<&RouteConfig::require_labels>(),
     .format = &k_label_condition,
     .empty = "any backend",
     .sentence = "Labels that a backend must have to get its requests, each with a value that "
                 "matches; `|` stands between values of which one must, `*` for any text. Never "
                 "violated: where no such backend can be picked, the answer is 503."},
    {.name = "prefer_labels",
     .binding = bound<&RouteConfig::prefer_labels>(),
     .format = &k_label_condition,
     .empty = "any backend",
     .sentence = "Labels that a backend should have, written alike. prefix_load goes elsewhere "
                 "when that saves more than spill_cost; other policies when no such backend can be "
                 "picked."},
    {.name = "spill_cost",
     .binding = bound<&RouteConfig::spill_cost>(),
     .range = {1, 60'000},
     .sentence =
         "How much sooner the first token must come from a backend for each preferred label "
         "that it lacks."},
    {.name = "label_headers",
     .binding = bound<&RouteConfig::label_headers>(),
     .sentence = "A request may ask for more labels: `X-Penstock-Require: region=eu` and "
                 "`X-Penstock-Prefer: zone=a|b, gpu=h100`, beside those of the route. Without it "
                 "such a requirement is refused with 400."},
    {.name = "body",
     .binding = chosen<&RouteConfig::body, k_bodies>(),
     .sentence =
         "inspect: the body is read before a backend is picked, by model and prompt, and can "
         "be sent again after a failure; its trailers end here. stream: it is passed on while "
         "it comes, with its trailers where the backend speaks HTTP/2, and the backend is "
         "picked by load."},
    {.name = "usage",
     .binding = chosen<&RouteConfig::usage, k_usages>(),
     .sentence =
         "Token counts in answers. observe: read what the engine sends. inject: also ask for "
         "it in streams where the client did not, and take it out again. off: look at "
         "nothing."},
    {.name = "max_body",
     .binding = bound<&RouteConfig::max_body>(),
     .range = {1, 16 * k_gib},
     .zero = "server.max_body",
     .sentence = "The largest body of a request; above it 413."},
    {.name = "first_byte_timeout",
     .binding = bound<&RouteConfig::first_byte_timeout>(),
     .range = {1, k_day},
     .zero = "server.first_byte_timeout",
     .sentence = "How long an engine may take to the first byte of its answer."},
    {.name = "idle_timeout",
     .binding = bound<&RouteConfig::idle_timeout>(),
     .range = {1, k_day},
     .zero = "server.idle_timeout",
     .sentence = "How long an answer may stand still between two bytes."},
    {.name = "total_timeout",
     .binding = bound<&RouteConfig::total_timeout>(),
     .range = {1, 7 * k_day},
     .zero = "server.total_timeout",
     .sentence =
         "How long a request may take in all. While the body is read, before its model tells "
         "the route, the longest of the routes that it may take counts."},
};

}  // namespace

const OptionTable k_route_table{
    .name = "route",
    .sentence =
        "Which requests go to which pool. All given conditions must hold; the first route "
        "that matches wins, and what none takes gets 404. Without any route, every request "
        "on an allowed path goes to the pool that serves its model.",
    .options = k_options,
    .children = {},
    .defaults = fresh<RouteConfig>};

}  // namespace penstock::app
