#include "penstock/app/config.h"
#include "tables.h"
#include "text_formats.h"

namespace penstock::app {

namespace {

constexpr double k_second = 1000;
constexpr double k_hour = 3600 * k_second;
constexpr double k_day = 24 * k_hour;
constexpr double k_kib = 1024;
constexpr double k_gib = k_kib * k_kib * k_kib;

const Option k_options[] = {
    {.name = "workers",
     .binding = bound<&ServerConfig::workers>(),
     .range = {1, 1024},
     .zero = "one per usable core",
     .reload = Reload::restart,
     .sentence = "Threads that serve requests, each with its own connections to every backend. "
                 "Lower it to leave cores to an engine on the same machine."},
    {.name = "head_timeout",
     .binding = bound<&ServerConfig::head_timeout>(),
     .range = {1, k_hour},
     .sentence = "How long a client may take to send a request's head, from its first byte; then "
                 "408. With HTTP/2 also to acknowledge our SETTINGS while it has streams open."},
    {.name = "body_idle_timeout",
     .binding = bound<&ServerConfig::body_idle_timeout>(),
     .range = {1, k_hour},
     .sentence =
         "How long a request's body may stand still before it is answered with 408. That of "
         "a gRPC call may once its backend has the call: the call's own deadline and "
         "the timeouts of the answer bound it."},
    {.name = "connect_timeout",
     .binding = bound<&ServerConfig::connect_timeout>(),
     .range = {1, k_hour},
     .sentence =
         "How long connecting to a backend may take, looking up its name and trying all its "
         "addresses; then the next backend is tried."},
    {.name = "first_byte_timeout",
     .binding = bound<&ServerConfig::first_byte_timeout>(),
     .range = {1, k_day},
     .sentence = "How long an engine may take from the request's end to the first byte of its "
                 "answer; then 504. It waits in the engine's queue meanwhile, so keep it above "
                 "the longest queueing and prefill."},
    {.name = "idle_timeout",
     .binding = bound<&ServerConfig::idle_timeout>(),
     .range = {1, k_day},
     .sentence = "How long an answer may stand still between two bytes before it is ended as "
                 "broken."},
    {.name = "write_stall_timeout",
     .binding = bound<&ServerConfig::write_stall_timeout>(),
     .range = {1, k_day},
     .sentence = "How long a client may take none of the bytes that wait for it before it counts "
                 "as gone and its generation is cancelled."},
    {.name = "keep_alive_timeout",
     .binding = bound<&ServerConfig::keep_alive_timeout>(),
     .range = {1, k_day},
     .sentence = "How long a client's connection stays open without a request. Keep it above that "
                 "of a load balancer in front."},
    {.name = "total_timeout",
     .binding = bound<&ServerConfig::total_timeout>(),
     .range = {1, 7 * k_day},
     .zero = "off",
     .sentence = "How long a request may take in all, from the end of its head to the last byte of "
                 "its answer: reading the body (then 408), connecting and waiting (then 504), and "
                 "the answer itself, which is ended as broken."},
    {.name = "max_head",
     .binding = bound<&ServerConfig::max_head>(),
     .range = {k_kib, k_kib* k_kib},
     .sentence = "The largest head of a request, request line included; above it 431."},
    {.name = "max_body",
     .binding = bound<&ServerConfig::max_body>(),
     .range = {1, 16 * k_gib},
     .sentence = "The largest body of a request; above it 413. Routes may set their own."},
    {.name = "buffer_budget",
     .binding = bound<&ServerConfig::buffer_budget>(),
     .range = {k_kib, 1024 * k_gib},
     .zero = "the smaller of 1 GiB and a quarter of the memory the process may use",
     .sentence =
         "Memory for all request bodies, and heads over 4 KiB, that are held at a time. While it "
         "is spent, requests that need more of it get 503 with Retry-After."},
    {.name = "max_fields",
     .binding = bound<&ServerConfig::max_fields>(),
     .range = {1, 1000},
     .sentence = "The most header fields of a request; above it 431."},
    {.name = "max_connections",
     .binding = bound<&ServerConfig::max_connections>(),
     .range = {1, 10'000'000},
     .zero = "half of the process's file limit, less 256",
     .reload = Reload::restart,
     .sentence = "The most client connections at a time, of which each worker may take its share; "
                 "more are closed at once and counted."},
    {.name = "max_handshakes",
     .binding = bound<&ServerConfig::max_handshakes>(),
     .range = {1, 10'000'000},
     .reload = Reload::restart,
     .sentence = "TLS handshakes with clients that each worker has under way; one may hold 64 KiB. "
                 "A further client takes the place of the oldest if that has taken more than a "
                 "second, as stalled ones have; else it is closed at once. Both are counted."},
    {.name = "upstream_idle_timeout",
     .binding = bound<&ServerConfig::upstream_idle_timeout>(),
     .range = {1, k_hour},
     .sentence = "How long a connection to a backend is kept without a request. Keep it below the "
                 "engine's own limit: vLLM and SGLang close theirs after 5 s."},
    {.name = "upstream_idle_max",
     .binding = bound<&ServerConfig::upstream_idle_max>(),
     .range = {0, 65536},
     .sentence = "Idle connections that each worker keeps to each backend."},
    {.name = "upstream_max_age",
     .binding = bound<&ServerConfig::upstream_max_age>(),
     .range = {1, 30 * k_day},
     .zero = "off",
     .sentence = "How long a connection to a backend takes requests, give or take a tenth; what it "
                 "carries then goes on to its end. Requests meet what is new behind a name or a "
                 "load balancer of connections by then."},
    {.name = "max_failovers",
     .binding = bound<&ServerConfig::max_failovers>(),
     .range = {0, 10},
     .sentence = "Further backends a request tries when one cannot be connected to, or answers 503 "
                 "because it is still loading. One that breaks after it has the request is not "
                 "replaced: the request may be what breaks it."},
    {.name = "drain_delay",
     .binding = bound<&ServerConfig::drain_delay>(),
     .range = {0, k_hour},
     .sentence = "How long new connections are still taken after SIGTERM, while /readyz says 503: "
                 "the time load balancers need to look elsewhere."},
    {.name = "drain_timeout",
     .binding = bound<&ServerConfig::drain_timeout>(),
     .range = {0, 7 * k_day},
     .sentence = "How long streams may go on after that; what is left then is cut off."},
    {.name = "explain",
     .binding = bound<&ServerConfig::explain>(),
     .sentence = "Tell clients that send `X-Penstock-Explain: 1` which backend answered and why; "
                 "with `X-Penstock-Explain: all` also the eight best candidates, each in an "
                 "X-Penstock-Candidate. It shows the addresses of backends."},
    {.name = "half_close",
     .binding = bound<&ServerConfig::half_close>(),
     .sentence =
         "Go on with an HTTP/1.1 request whose client has closed its sending side. Off, such a "
         "client counts as gone and its generation is cancelled."},
    {.name = "trusted_proxies",
     .binding = bound<&ServerConfig::trusted_proxies>(),
     .format = &k_network,
     .empty = "nobody's",
     .sentence = "Whose X-Forwarded-* headers are believed: networks, addresses, or \"unix\" for "
                 "peers on unix sockets."},
};

constexpr ChildTable k_children[] = {
    one_table<&ServerConfig::http2>("http2", k_http2_table),
};

}  // namespace

const OptionTable k_server_table{
    .name = "server",
    .sentence = "The process: threads, timeouts, limits, and what is true of every request.",
    .options = k_options,
    .children = k_children,
    .defaults = fresh<ServerConfig>};

}  // namespace penstock::app
