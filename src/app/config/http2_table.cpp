#include "penstock/app/config.h"
#include "tables.h"

namespace penstock::app {

namespace {

constexpr double k_window_max = 2147483647;  // RFC 9113 6.9.1
constexpr double k_many = 1'000'000;

const Option k_options[] = {
    {.name = "enabled",
     .binding = bound<&h2::ServerLimits::enabled>(),
     .sentence = "Speak HTTP/2 to clients that ask for it, on every listener with protocol = "
                 "\"auto\" beside HTTP/1.1: by prior knowledge in clear text, by ALPN over TLS. "
                 "A request's :scheme may be http or https on either."},
    {.name = "max_streams",
     .binding = bound<&h2::ServerLimits::max_streams>(),
     .range = {1, 100'000},
     .sentence = "Requests that one connection may have open at a time."},
    {.name = "stream_window",
     .binding = bound<&h2::ServerLimits::stream_window>(),
     .range = {65'535, k_window_max},
     .sentence = "How much of one request's body may be under way before it is read. Larger is "
                 "faster for uploads over long distances, and costs memory."},
    {.name = "connection_window",
     .binding = bound<&h2::ServerLimits::connection_window>(),
     .range = {65'535, k_window_max},
     .sentence = "How much of all bodies of a connection together may be under way to us. What has "
                 "come opens it again although nobody has read it: 4MiB of each connection may lie "
                 "unread, and 64MiB more of all those of a worker. Only beyond that the whole "
                 "connection waits."},
    {.name = "resets_burst",
     .binding = bound<&h2::ServerLimits::resets_burst>(),
     .range = {1, k_many},
     .sentence = "Streams a client may reset at once. Beyond it, and beyond resets_per_second over "
                 "time, its connection is ended (Rapid Reset). Raise both for a gateway that "
                 "cancels for many users."},
    {.name = "resets_per_second",
     .binding = bound<&h2::ServerLimits::resets_per_second>(),
     .range = {1, k_many},
     .sentence = "Resets that a connection earns back in a second."},
    {.name = "errors_burst",
     .binding = bound<&h2::ServerLimits::errors_burst>(),
     .range = {1, k_many},
     .sentence = "Streams that a client may make us reset by breaking the protocol "
                 "(MadeYouReset); beyond it its connection is ended. Streams that it opens beyond "
                 "max_streams before it has acknowledged our SETTINGS count an eighth."},
    {.name = "errors_per_second",
     .binding = bound<&h2::ServerLimits::errors_per_second>(),
     .range = {1, k_many},
     .sentence = "Such errors that a connection earns back in a second."},
    {.name = "control_burst",
     .binding = bound<&h2::ServerLimits::control_burst>(),
     .range = {10, k_many},
     .sentence = "SETTINGS, PING and PRIORITY frames that a client may send at once; beyond it "
                 "its connection is ended. Each DATA frame sent allows one more."},
    {.name = "control_per_second",
     .binding = bound<&h2::ServerLimits::control_per_second>(),
     .range = {1, k_many},
     .sentence = "Such frames that a connection earns back in a second."},
    {.name = "useless_frames",
     .binding = bound<&h2::ServerLimits::useless_frames>(),
     .range = {100, k_many},
     .sentence = "Frames in a row that carry nothing (WINDOW_UPDATE, answers to no PING, heads on "
                 "streams that have ended, unknown ones); beyond it the connection is ended. Each "
                 "DATA frame sent allows ten more."},
};

}  // namespace

const OptionTable k_http2_table{
    .name = "server.http2",
    .sentence = "HTTP/2 from clients: how much one connection may ask for.",
    .options = k_options,
    .children = {},
    .defaults = fresh<h2::ServerLimits>};

}  // namespace penstock::app
