// The whole configuration as plain structs, one per table of the file. Defaults stand here; their
// description for people, their ranges and their reload classes stand in the option tables
// (src/app/config/), which a test holds against these.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "penstock/base/units.h"
#include "penstock/engine/dialect.h"
#include "penstock/fleet/identity.h"
#include "penstock/h2/server.h"
#include "penstock/net/tls.h"
#include "penstock/proxy/options.h"
#include "penstock/routing/options.h"
#include "penstock/telemetry/options.h"

namespace penstock::app {

/// `[server]`
struct ServerConfig {
    std::uint32_t workers = 0;  // 0: one per usable core
    // Timeouts; zero switches one off where its description says so.
    Millis head_timeout{10'000};
    Millis body_idle_timeout{30'000};
    Millis connect_timeout{2'000};
    Millis first_byte_timeout{300'000};
    Millis idle_timeout{300'000};  // between bytes of a response
    Millis write_stall_timeout{60'000};
    Millis keep_alive_timeout{75'000};
    Millis total_timeout{0};  // off
    // Limits.
    Bytes max_head = 32_KiB;
    Bytes max_body = 64_MiB;
    Bytes buffer_budget{
        0};  // all buffered request bodies; 0: min(1 GiB, a quarter of the cgroup's memory)
    std::uint32_t max_fields = 100;
    std::uint32_t max_connections = 0;    // 0: (RLIMIT_NOFILE - 256) / 2
    std::uint32_t max_handshakes = 1000;  // TLS handshakes under way per worker
    Millis upstream_idle_timeout{3'000};
    std::uint32_t upstream_idle_max = 1024;  // idle connections kept per worker and backend
    Millis upstream_max_age{3'600'000};      // of a connection, then it takes no requests; 0: off
    std::uint32_t max_failovers = 2;  // further backends tried before the first response byte
    Millis drain_delay{0};
    Millis drain_timeout{600'000};
    bool explain = false;     // answer X-Penstock-Explain: 1
    bool half_close = false;  // a client's FIN does not mean that it has gone
    h2::ServerLimits http2;
    std::vector<std::string> trusted_proxies;  // CIDR networks whose X-Forwarded-* is believed
};

/// One entry of `certificates = [{ cert = …, key = … }]`
struct CertificateConfig {
    std::string cert;
    std::string key;
    friend bool operator==(const CertificateConfig&, const CertificateConfig&) = default;
};

using net::ClientCertificate;
using net::TlsVersion;

/// `[listener.tls]`
struct ListenerTlsConfig {
    std::vector<CertificateConfig> certificates;  // empty: plain text
    TlsVersion min_version = TlsVersion::tls_1_2;
    ClientCertificate client_certificate = ClientCertificate::off;
    std::string client_ca;
    std::vector<std::string> client_names;
    friend bool operator==(const ListenerTlsConfig&, const ListenerTlsConfig&) = default;
};

/// What a listener speaks. `automatic`: what a client's first bytes are, or with TLS what ALPN
/// gives.
enum class ListenerProtocol : std::uint8_t { automatic, http_1_1, h2 };

/// `[[listener]]`
struct ListenerConfig {
    std::string address = "127.0.0.1:8080";  // "host:port", "[::1]:8080" or "unix:/path"
    ListenerProtocol protocol = ListenerProtocol::automatic;
    ListenerTlsConfig tls;
    friend bool operator==(const ListenerConfig&, const ListenerConfig&) = default;
};

/// `[admin]`
struct AdminConfig {
    std::string address = "127.0.0.1:9090";
    bool enabled = true;
};

/// One entry of `backends = [{ url = … }]`
struct BackendConfig {
    std::string url;  // "http://host:port[/base]", the same with https, or "unix:/path"
    double weight = 1.0;
    std::map<std::string, std::string> labels;
    std::string kv_events;  // "tcp://host:port": its KV-cache events; empty: not followed
    std::string kv_replay;  // where they are told again
    std::uint32_t kv_ranks = 1;
    std::uint32_t ranks =
        1;  // data-parallel engines behind it; more than one are picked one by one
};

/// `[pool.poll]`
struct PollConfig {
    bool enabled = true;
    Millis metrics_interval{0};  // 0: the engine's usual one
    Millis health_interval{5'000};
    Millis models_interval{30'000};
    Millis timeout{2'000};
    Millis health_timeout{0};  // 0: 5 s; 25 s for SGLang, whose probe generates a token
    std::uint32_t rise = 1;    // good probes until healthy
    std::uint32_t fall = 3;    // bad probes until unhealthy
    std::string metrics_path;  // empty: the engine's own
    std::string health_path;
    std::string models_path;
    engine::CustomNames names;
};

using proxy::UnknownModel;

/// `[pool.tls]`: for backends with https:// URLs
struct BackendTlsConfig {
    std::string ca_file;      // empty: the system's store
    std::string server_name;  // empty: the URL's host
    std::string cert_file;    // our own; empty: none
    std::string key_file;
    std::vector<std::string> names;  // pinned, instead of the server's name
    bool insecure = false;
    friend bool operator==(const BackendTlsConfig&, const BackendTlsConfig&) = default;
};

/// How an engine's TCP segments are acknowledged.
enum class Acks : std::uint8_t { automatic, delayed, immediate };

/// `[[pool]]`
struct PoolConfig {
    std::string name;
    fleet::Engine engine = fleet::Engine::vllm;
    std::vector<std::string> models;  // besides what the backends list; wildcards allowed
    std::vector<BackendConfig> backends;
    std::map<std::string, std::string> labels;  // of each backend, where it has no other value
    std::string discover;  // "http://name:port": each of its A/AAAA records is a backend
    Millis discover_interval{10'000};
    UnknownModel unknown_model = UnknownModel::refuse;
    std::string api_key_file;  // for polling
    bool replace_authorization =
        false;  // send that key upstream instead of the client's Authorization
    Acks acks = Acks::automatic;
    fleet::Protocol protocol = fleet::Protocol::automatic;
    std::uint32_t http2_streams = 100;  // on one connection
    BackendTlsConfig tls;
    PollConfig poll;
    routing::BalanceOptions balance;
};

using proxy::BodyMode;
using proxy::UsageMode;

/// `[[route]]`: all given conditions must hold; the first route that matches wins.
struct RouteConfig {
    std::string name;  // empty: "route-N"
    std::string pool;
    std::vector<std::string> models;  // wildcards: "llama-*"
    std::vector<std::string> paths;   // "/v1/**", "/v1/chat/*"; empty: the default allow-list
    std::vector<std::string>
        methods;  // empty: GET, POST (and HEAD, OPTIONS where they go with them); "*": all
    std::vector<std::string> hosts;                     // wildcards: "*.example.com"
    std::map<std::string, std::string> headers;         // name to pattern
    std::vector<std::string> client_names;              // of client certificates, wildcards
    std::vector<std::string> upgrades;                  // "websocket": passed on as opaque tunnels
    std::map<std::string, std::string> require_labels;  // label to "value|value" with `*`
    std::map<std::string, std::string> prefer_labels;
    Millis spill_cost{50};       // for each preferred label that a backend lacks
    bool label_headers = false;  // requests may ask for more by X-Penstock-Require and -Prefer
    BodyMode body = BodyMode::inspect;
    UsageMode usage = UsageMode::observe;
    Bytes max_body{0};             // 0: the server's
    Millis first_byte_timeout{0};  // 0: the server's
    Millis idle_timeout{0};
    Millis total_timeout{0};
};

/// `[auth]`
struct AuthConfig {
    std::string keys_file;  // one SHA-256 hash (64 hex digits) per line, optionally a name behind
                            // it; empty: off
};

/// `[cors]`
struct CorsConfig {
    std::vector<std::string> allow_origins;  // "https://app.example", "*"; empty: off
};

/// `[policy]`
struct PolicyConfig {
    bool require_backend_tls = false;
};

struct Config {
    std::string file;  // where it came from; empty for `penstock demo`
    ServerConfig server;
    std::vector<ListenerConfig> listeners;
    AdminConfig admin;
    std::vector<PoolConfig> pools;
    std::vector<RouteConfig> routes;
    AuthConfig auth;
    CorsConfig cors;
    PolicyConfig policy;
    telemetry::LogOptions log;
};

}  // namespace penstock::app
