// A generation: everything a request needs to know that a reload or a discovery may change.
// Immutable; a request holds the one it began with until its end.
//
// Built on the control thread by `app`, published to the workers by `Worker::publish`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "penstock/base/units.h"
#include "penstock/fleet/identity.h"
#include "penstock/fleet/labels.h"
#include "penstock/fleet/sheet.h"
#include "penstock/h2/server.h"
#include "penstock/http/server_options.h"
#include "penstock/proxy/auth.h"
#include "penstock/proxy/options.h"
#include "penstock/proxy/session_source.h"
#include "penstock/proxy/trusted_proxies.h"
#include "penstock/routing/policy.h"
#include "penstock/upstream/pools.h"

namespace penstock::proxy {

/// A policy that decides beside the pool's own, for the metrics alone.
struct Shadow {
    std::unique_ptr<const routing::Policy> policy;
    std::unique_ptr<const routing::Policy> estimate;  // in seconds: what either pick costs
};

struct Pool {
    std::string name;
    fleet::Engine engine = fleet::Engine::vllm;
    std::vector<fleet::Backend> backends;
    fleet::LabelIndex labels;         // of the backends
    std::vector<std::string> models;  // patterns of the config
    UnknownModel unknown_model = UnknownModel::refuse;
    std::string authorization;  // sent upstream instead of the client's; empty: the client's passes
    routing::BalanceOptions balance;
    std::vector<SessionSource> sessions;  // of `balance.session`
    std::unique_ptr<const routing::Policy> policy;
    std::optional<Shadow> shadow;
};

struct Timeouts {
    Millis first_byte{300'000};
    Millis idle{300'000};
    Millis total{0};
};

struct Route {
    std::string name;
    std::vector<std::uint32_t> pools;  // candidates; more than one: the model decides
    std::vector<std::string> models;   // patterns; empty: any
    std::vector<std::string> paths;
    std::vector<std::string> methods;
    std::vector<std::string> hosts;
    std::map<std::string, std::string> headers;
    std::vector<std::string> client_names;    // patterns of verified names; empty: anybody
    std::vector<std::string> upgrades;        // protocols that a client may change to
    fleet::LabelWish labels;                  // of the backends
    bool label_fields = false;                // requests may wish for more of them
    float spill_cost = 0.05F;                 // seconds, for each preferred condition not met
    std::vector<fleet::Standings> standings;  // by `labels`, of each of `pools`; empty: all alike
    BodyMode body = BodyMode::inspect;
    UsageMode usage = UsageMode::observe;
    std::uint64_t max_body = 64ULL << 20U;
    Timeouts timeouts;
};

struct Generation {
    std::uint64_t number = 0;
    std::vector<Pool> pools;
    std::vector<Route> routes;  // in order; the first that matches wins
    http::ServerOptions server;
    h2::ServerLimits http2;
    upstream::Options upstream;
    ApiKeys keys;
    TrustedProxies trusted;
    std::vector<std::string> cors_origins;
    std::uint32_t max_failovers = 2;
    bool explain = false;
};

/// Looks at the backends' labels for the pools and routes, once these are whole.
void index_labels(Generation& generation);

/// The paths a route without `paths` serves: inference only, since engines leave control endpoints
/// open.
[[nodiscard]] const std::vector<std::string>& default_paths();

}  // namespace penstock::proxy
