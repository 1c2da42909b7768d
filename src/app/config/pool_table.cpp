#include <algorithm>

#include "penstock/app/config.h"
#include "tables.h"
#include "text_formats.h"

namespace penstock::app {

namespace {

constexpr double k_second = 1000;
constexpr double k_minute = 60 * k_second;
constexpr double k_hour = 60 * k_minute;

// Words in the order of their enumerators; a test holds them against `name()` where there is one.
constexpr std::array<std::string_view, 7> k_engines{"vllm",   "sglang",   "llamacpp", "tgi",
                                                    "trtllm", "lmdeploy", "custom"};
constexpr std::array<std::string_view, 2> k_unknown_models{"refuse", "pass"};
constexpr std::array<std::string_view, 3> k_acks{"auto", "delayed", "immediate"};
constexpr std::array<std::string_view, 4> k_protocols{"auto", "http/1.1", "h2c", "h2"};
constexpr std::array<std::string_view, 6> k_policies{"prefix_load", "least_load", "prefix_hash",
                                                     "round_robin", "random",     "power_of_two"};
constexpr auto k_shadows = [] {
    std::array<std::string_view, k_policies.size() + 1> words{};
    std::ranges::copy(k_policies, words.begin());
    words.back() = "none";
    return words;
}();

const Option k_backend_options[] = {
    {.name = "url",
     .binding = bound<&BackendConfig::url>(),
     .need = Need::required,
     .format = &k_backend_url,
     .sentence =
         "Where the engine listens: http://host:port or https://host:port, with a base path "
         "if it has one, or unix:/path. It names the backend in metrics, logs and /backends."},
    {.name = "weight",
     .binding = bound<&BackendConfig::weight>(),
     .range = {0, 1000},
     .sentence = "Its share of the requests against the others of its pool. 0: it takes no new "
                 "ones, which drains it."},
    {.name = "labels",
     .binding = bound<&BackendConfig::labels>(),
     .format = &k_label,
     .empty = "none",
     .sentence =
         "Where it stands, what it is, whose it is: what require_labels and prefer_labels of a "
         "route look at."},
    {.name = "kv_events",
     .binding = bound<&BackendConfig::kv_events>(),
     .format = &k_zmq_endpoint,
     .empty = "off",
     .sentence =
         "Where vllm or sglang publish their KV-cache events (--kv-events-config, publisher "
         "\"zmq\"). With them affinity follows what the engine holds, evictions included, for the "
         "prompts that can be told to be this proxy's: their usage must be told, which `usage = "
         "\"inject\"` asks for. Events carry prompts' tokens: keep them within your network."},
    {.name = "kv_replay",
     .binding = bound<&BackendConfig::kv_replay>(),
     .format = &k_zmq_endpoint,
     .empty = "off",
     .sentence = "Where the engine repeats events (its replay_endpoint): a gap is then filled, and "
                 "what was stored before this proxy began to listen is learned."},
    {.name = "kv_ranks",
     .binding = bound<&BackendConfig::kv_ranks>(),
     .range = {1, 64},
     .sentence =
         "Data-parallel ranks behind this URL, where `ranks` leaves them to the server: each "
         "publishes at the port after the one before it."},
    {.name = "ranks",
     .binding = bound<&BackendConfig::ranks>(),
     .range = {1, 64},
     .sentence =
         "How many data-parallel engines serve behind this URL (`--data-parallel-size` of vllm, "
         "`--dp-size` of sglang). With more than one each is a backend for itself, called url#0, "
         "url#1, …, with its own load and cache; requests name theirs in X-Data-Parallel-Rank. 1 "
         "leaves the choice to the server."},
};

const OptionTable k_backend_table{.name = "pool.backends",
                                  .sentence =
                                      "The engines of a pool that have fixed addresses. "
                                      "Usually written inline: `backends = [{ url = "
                                      "\"http://10.0.0.11:8000\" }]`.",
                                  .options = k_backend_options,
                                  .children = {},
                                  .defaults = fresh<BackendConfig>};

const Option k_names_options[] = {
    {.name = "running",
     .binding = bound<&engine::CustomNames::running>(),
     .format = &k_metric,
     .empty = "there is none",
     .sentence = "The gauge of requests in the engine's batch."},
    {.name = "waiting",
     .binding = bound<&engine::CustomNames::waiting>(),
     .format = &k_metric,
     .empty = "there is none",
     .sentence = "The gauge of requests in the engine's queue."},
    {.name = "kv_use",
     .binding = bound<&engine::CustomNames::kv_use>(),
     .format = &k_metric,
     .empty = "there is none",
     .sentence = "The gauge of how full the KV cache is, from 0 to 1."},
    {.name = "kv_tokens",
     .binding = bound<&engine::CustomNames::kv_tokens>(),
     .format = &k_metric,
     .empty = "there is none",
     .sentence = "The gauge of how many tokens the KV cache can hold."},
};

const OptionTable k_names_table{
    .name = "pool.poll.names",
    .sentence = "Names of an engine's metrics, read with `engine = \"custom\"` only.",
    .options = k_names_options,
    .children = {},
    .defaults = fresh<engine::CustomNames>};

const Option k_poll_options[] = {
    {.name = "enabled",
     .binding = bound<&PollConfig::enabled>(),
     .sentence =
         "Ask the backends for metrics, health and models. Off, every backend counts as "
         "healthy, load is what this proxy sends, and models are those of the pool; without "
         "any, every model is passed on."},
    {.name = "metrics_interval",
     .binding = bound<&PollConfig::metrics_interval>(),
     .range = {10, k_hour},
     .zero = "100ms; 1500ms for llamacpp, which polled more often does not notice that the client "
             "of an answer in one piece has gone",
     .sentence = "How often metrics are read. Slow answers and many backends make it longer by "
                 "themselves."},
    {.name = "health_interval",
     .binding = bound<&PollConfig::health_interval>(),
     .range = {10, k_hour},
     .sentence = "How often health is asked for."},
    {.name = "models_interval",
     .binding = bound<&PollConfig::models_interval>(),
     .range = {10, 24 * k_hour},
     .sentence = "How often the list of models is read."},
    {.name = "timeout",
     .binding = bound<&PollConfig::timeout>(),
     .range = {10, k_hour},
     .sentence = "How long an answer to metrics or models may take."},
    {.name = "health_timeout",
     .binding = bound<&PollConfig::health_timeout>(),
     .range = {10, k_hour},
     .zero = "5s; 25s for sglang, whose probe generates a token",
     .sentence = "How long an answer to the health probe may take."},
    {.name = "rise",
     .binding = bound<&PollConfig::rise>(),
     .range = {1, 100},
     .sentence = "Good probes in a row until a backend counts as healthy again."},
    {.name = "fall",
     .binding = bound<&PollConfig::fall>(),
     .range = {1, 100},
     .sentence = "Bad probes in a row until a backend counts as unhealthy."},
    {.name = "metrics_path",
     .binding = bound<&PollConfig::metrics_path>(),
     .format = &k_path,
     .empty = "the engine's own",
     .sentence = "Where metrics are read, below the backend's URL."},
    {.name = "health_path",
     .binding = bound<&PollConfig::health_path>(),
     .format = &k_path,
     .empty = "the engine's own",
     .sentence = "Where health is asked for, below the backend's URL."},
    {.name = "models_path",
     .binding = bound<&PollConfig::models_path>(),
     .format = &k_path,
     .empty = "the engine's own",
     .sentence = "Where models are listed, below the backend's URL."},
};

constexpr ChildTable k_poll_children[] = {
    one_table<&PollConfig::names>("names", k_names_table),
};

const OptionTable k_poll_table{.name = "pool.poll",
                               .sentence = "How a pool's backends are watched.",
                               .options = k_poll_options,
                               .children = k_poll_children,
                               .defaults = fresh<PollConfig>};

const Option k_balance_options[] = {
    {.name = "policy",
     .binding = chosen<&routing::BalanceOptions::policy, k_policies>(),
     .sentence =
         "How a backend is picked. prefix_load: where this request's first token would "
         "come soonest, by the prompt's cached part, the work that waits there and the "
         "speed that the backend has shown. least_load: the latter only. prefix_hash: by a hash "
         "of the prompt's beginning, for several proxies that share nothing. round_robin, "
         "random, power_of_two (the less loaded of two random ones): for comparison."},
    {.name = "shadow",
     .binding = chosen<&routing::BalanceOptions::shadow, k_shadows>(),
     .sentence =
         "A second policy that is asked beside `policy` at each decision and has no say: "
         "penstock_shadow_decisions_total tells how often it would have picked the same backend, "
         "penstock_shadow_cost_seconds_total what its picks would have cost. Try a policy on live "
         "traffic with it before it decides. It must be another one than `policy`."},
    {.name = "block_size",
     .binding = bound<&routing::BalanceOptions::block_size>(),
     .range = {64, 65536},
     .sentence = "Bytes of prompt text in one block of the prefix index. Small blocks see shorter "
                 "common beginnings and cost more memory."},
    {.name = "index_tokens",
     .binding = bound<&routing::BalanceOptions::index_tokens>(),
     .range = {1000, 1e12},
     .zero = "1,000,000",
     .sentence = "Tokens a backend's cache is believed to hold when the engine does not tell."},
    {.name = "bounded_load",
     .binding = bound<&routing::BalanceOptions::bounded_load>(),
     .range = {1, 100},
     .sentence = "prefix_hash: a backend takes at most this many times the mean load of its pool."},
    {.name = "max_in_flight",
     .binding = bound<&routing::BalanceOptions::max_in_flight>(),
     .range = {1, 1'000'000},
     .zero = "no limit",
     .sentence = "Requests of this proxy that a backend works on at a time; beyond it another one "
                 "is picked."},
    {.name = "session",
     .binding = bound<&routing::BalanceOptions::session>(),
     .format = &k_session_source,
     .empty = "sessions are not looked for",
     .sentence =
         "What tells that requests belong together and should go to one backend, the first that a "
         "request has: \"header:NAME\", \"cookie:NAME\", or of the body \"session_id\", "
         "\"prompt_cache_key\", \"conversation\", \"safety_identifier\", \"user\", "
         "\"metadata.user_id\". \"conversation\" is also previous_response_id, which leads back to "
         "the backend that gave the response, as does a path below /responses/. prefix_load keeps "
         "a "
         "session as long as that costs at most session_worth; prefix_hash takes its name for the "
         "key; the others keep it as long as its backend can be picked. Without one, prompts that "
         "begin alike still meet with prefix_load."},
    {.name = "session_ttl",
     .binding = bound<&routing::BalanceOptions::session_ttl>(),
     .range = {k_second, 5 * 24 * k_hour},
     .sentence = "How long after its last request a session is remembered."},
    {.name = "session_worth",
     .binding = bound<&routing::BalanceOptions::session_worth>(),
     .range = {1, k_minute},
     .sentence =
         "prefix_load: how much sooner the first token must come from another backend for a "
         "session to move there."},
    {.name = "stale_after",
     .binding = bound<&routing::BalanceOptions::stale_after>(),
     .range = {10, k_hour},
     .sentence = "How old metrics may be and still be believed, or twice metrics_interval where "
                 "that is longer; after that the proxy's own count of requests stands in."},
};

const OptionTable k_balance_table{.name = "pool.balance",
                                  .sentence = "How requests are spread over a pool's backends.",
                                  .options = k_balance_options,
                                  .children = {},
                                  .defaults = fresh<routing::BalanceOptions>};

const Option k_pool_options[] = {
    {.name = "name",
     .binding = bound<&PoolConfig::name>(),
     .need = Need::required,
     .format = &k_name,
     .sentence = "What routes, metrics and logs call it."},
    {.name = "engine",
     .binding = chosen<&PoolConfig::engine, k_engines>(),
     .sentence =
         "What its backends run: decides where health, models and metrics are found and how "
         "they are read. \"custom\" reads the metrics named in [pool.poll.names]."},
    {.name = "models",
     .binding = bound<&PoolConfig::models>(),
     .format = &k_model,
     .empty = "only those the backends list",
     .sentence = "Models it serves besides those its backends list. Where several pools serve a "
                 "model, the first in the file that has a healthy backend gets the request."},
    {.name = "labels",
     .binding = bound<&PoolConfig::labels>(),
     .format = &k_label,
     .empty = "none",
     .sentence =
         "Labels of each of its backends, also of discovered ones; a backend's own value goes "
         "first."},
    {.name = "discover",
     .binding = bound<&PoolConfig::discover>(),
     .format = &k_discover_url,
     .empty = "off",
     .sentence =
         "A URL whose host is a DNS name: each of its A and AAAA records is a backend. When "
         "the name cannot be resolved, the last good answer stays."},
    {.name = "discover_interval",
     .binding = bound<&PoolConfig::discover_interval>(),
     .range = {100, 24 * k_hour},
     .sentence = "How often that name is resolved."},
    {.name = "unknown_model",
     .binding = chosen<&PoolConfig::unknown_model, k_unknown_models>(),
     .sentence = "A request for a model that no backend lists: refuse it with 404, or pass it on, "
                 "for engines that ignore the name."},
    {.name = "api_key_file",
     .binding = bound<&PoolConfig::api_key_file>(),
     .format = &k_file,
     .empty = "none",
     .sentence = "A file with the engines' API key, sent when they are polled."},
    {.name = "replace_authorization",
     .binding = bound<&PoolConfig::replace_authorization>(),
     .sentence = "Send that key upstream with every request, in place of the client's "
                 "Authorization."},
    {.name = "acks",
     .binding = chosen<&PoolConfig::acks, k_acks>(),
     .sentence = "How the engines' TCP segments are acknowledged. \"delayed\" saves some 7% of the "
                 "CPU per token and needs engines that set TCP_NODELAY; \"auto\" delays for vllm "
                 "and sglang, which do."},
    {.name = "protocol",
     .binding = chosen<&PoolConfig::protocol, k_protocols>(),
     .sentence = "What requests are sent in. \"auto\" is HTTP/1.1 for http:// and unix: URLs, and "
                 "for https:// "
                 "what the backend chooses by ALPN; \"h2c\" is HTTP/2 in clear text without "
                 "asking, as gRPC "
                 "servers speak it; \"h2\" is HTTP/2 over TLS, also for gRPC. Health, metrics and "
                 "models are "
                 "polled with HTTP/1.1 in any case."},
    {.name = "http2_streams",
     .binding = bound<&PoolConfig::http2_streams>(),
     .range = {1, 10'000},
     .sentence =
         "Requests at a time on one HTTP/2 connection, per worker; then another is opened. "
         "A backend that allows fewer is heeded. Each holds up to 128 KiB of an answer that "
         "its client does not read."},
};

constexpr ChildTable k_pool_children[] = {
    table_list<&PoolConfig::backends>("backends", k_backend_table, k_backends_max),
    one_table<&PoolConfig::tls>("tls", k_backend_tls_table),
    one_table<&PoolConfig::poll>("poll", k_poll_table),
    one_table<&PoolConfig::balance>("balance", k_balance_table),
};

}  // namespace

const OptionTable k_pool_table{
    .name = "pool",
    .sentence =
        "Backends that serve the same models. At least one is needed, with `backends`, "
        "`discover`, or both.",
    .options = k_pool_options,
    .children = k_pool_children,
    .defaults = fresh<PoolConfig>};

}  // namespace penstock::app
