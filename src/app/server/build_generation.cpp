#include "build_generation.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "penstock/base/assert.h"
#include "penstock/base/hash.h"
#include "penstock/base/url.h"

namespace penstock::app {

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string trimmed(std::string text) {
    const auto white = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (!text.empty() && white(text.back())) text.pop_back();
    return text;
}

std::optional<proxy::Shadow> shadow_of(const routing::BalanceOptions& balance) {
    if (balance.shadow == routing::PolicyName::none) return std::nullopt;
    const auto made = [&balance](routing::PolicyName name) {
        routing::BalanceOptions options = balance;
        options.policy = name;
        return routing::make_policy(options);
    };
    return proxy::Shadow{.policy = made(balance.shadow),
                         .estimate = made(routing::PolicyName::prefix_load)};
}

Millis metrics_interval_of(const PoolConfig& pool) {
    const Millis own = pool.poll.metrics_interval;
    return own > Millis{0} ? own : engine::usual_metrics_interval(pool.engine);
}

proxy::Pool pool_of(const PoolConfig& from, std::vector<fleet::Backend> backends) {
    proxy::Pool pool;
    pool.name = from.name;
    pool.engine = from.engine;
    pool.backends = std::move(backends);
    pool.models = from.models;
    // Without polling nobody lists models: what is not configured can only be passed on.
    const bool unlisted = !from.poll.enabled && from.models.empty();
    pool.unknown_model = unlisted ? UnknownModel::pass : from.unknown_model;
    if (from.replace_authorization)
        pool.authorization = "Bearer " + trimmed(read_file(from.api_key_file));
    pool.balance = from.balance;
    // Else the view of a rarely polled backend would change between its load and our own count.
    pool.balance.stale_after = std::max(from.balance.stale_after, 2 * metrics_interval_of(from));
    for (const std::string& text : from.balance.session) {
        pool.sessions.push_back(*proxy::parse_session_source(text));  // validated
    }
    pool.policy = routing::make_policy(from.balance);
    pool.shadow = shadow_of(from.balance);
    return pool;
}

/// Precondition: validated.
fleet::LabelConditions conditions_of(const std::map<std::string, std::string>& labels) {
    fleet::LabelConditions conditions;
    for (const auto& [name, text] : labels) {
        conditions.push_back({name, *fleet::parse_label_patterns(text)});
    }
    return conditions;
}

proxy::Route route_of(const RouteConfig& from, const Config& config,
                      std::vector<std::uint32_t> pools) {
    const auto or_else = [](Millis own, Millis server) { return own > Millis{0} ? own : server; };
    const ServerConfig& server = config.server;
    return {.name = from.name,
            .pools = std::move(pools),
            .models = from.models,
            .paths = from.paths,
            .methods = from.methods,
            .hosts = from.hosts,
            .headers = from.headers,
            .client_names = from.client_names,
            .upgrades = from.upgrades,
            .labels = {.required = conditions_of(from.require_labels),
                       .preferred = conditions_of(from.prefer_labels)},
            .label_fields = from.label_headers,
            .spill_cost = std::chrono::duration<float>(from.spill_cost).count(),
            .standings = {},  // by `index_labels`
            .body = from.body,
            .usage = from.usage,
            .max_body = from.max_body.count > 0 ? from.max_body.count : server.max_body.count,
            .timeouts = {.first_byte = or_else(from.first_byte_timeout, server.first_byte_timeout),
                         .idle = or_else(from.idle_timeout, server.idle_timeout),
                         .total = or_else(from.total_timeout, server.total_timeout)}};
}

std::vector<proxy::Route> routes_of(const Config& config) {
    std::vector<proxy::Route> routes;
    if (config.routes.empty()) {
        std::vector<std::uint32_t> all;
        for (std::uint32_t i = 0; i < config.pools.size(); ++i) all.push_back(i);
        RouteConfig implied;
        implied.name = "default";
        routes.push_back(route_of(implied, config, std::move(all)));
    }
    for (std::size_t n = 0; n < config.routes.size(); ++n) {
        const RouteConfig& from = config.routes[n];
        const auto pool =
            std::find_if(config.pools.begin(), config.pools.end(),
                         [&](const PoolConfig& each) { return each.name == from.pool; });
        const auto index = static_cast<std::uint32_t>(pool - config.pools.begin());
        routes.push_back(route_of(from, config, {index}));
        if (routes.back().name.empty()) routes.back().name = "route-" + std::to_string(n + 1);
    }
    return routes;
}

http::ServerOptions server_options(const ServerConfig& server) {
    http::ServerOptions options;
    options.limits.head = server.max_head.count;
    options.limits.fields = server.max_fields;
    options.head_timeout = server.head_timeout;
    options.body_idle_timeout = server.body_idle_timeout;
    options.write_stall_timeout = server.write_stall_timeout;
    options.keep_alive_timeout = server.keep_alive_timeout;
    options.half_close = server.half_close;
    return options;
}

monitor::PollOptions poll_options(const PoolConfig& pool) {
    const PollConfig& poll = pool.poll;
    const engine::Paths own = engine::paths_of(pool.engine);
    const auto path = [](const std::string& given, std::string_view usual) {
        return given.empty() ? std::string{usual} : given;
    };
    monitor::PollOptions options;
    options.enabled = poll.enabled;
    options.engine = pool.engine;
    options.names = poll.names;
    options.metrics_interval = metrics_interval_of(pool);
    options.health_interval = poll.health_interval;
    options.models_interval = poll.models_interval;
    options.timeout = poll.timeout;
    const Millis usual{pool.engine == fleet::Engine::sglang ? 25'000 : 5'000};
    options.health_timeout = poll.health_timeout > Millis{0} ? poll.health_timeout : usual;
    options.rise = poll.rise;
    options.fall = poll.fall;
    options.metrics_path = path(poll.metrics_path, own.metrics);
    options.health_path = path(poll.health_path, own.health);
    options.models_path = path(poll.models_path, own.models);
    if (!pool.api_key_file.empty())
        options.authorization = "Bearer " + trimmed(read_file(pool.api_key_file));
    return options;
}

/// Where a backend's events are told: those of all ranks behind it, or of the one that it is.
std::vector<std::string> endpoints_of(const fleet::Backend& backend, const std::string& first,
                                      std::uint32_t behind) {
    if (first.empty()) return {};
    if (!backend.rank) return kv_events::rank_endpoints(first, behind);
    return {kv_events::rank_endpoints(first, backend.rank->number + 1).back()};
}

void add_sources(const PoolConfig& pool, const std::vector<fleet::Backend>& backends,
                 std::vector<kv_events::Source>& out) {
    for (const fleet::Backend& backend : backends) {
        if (!backend.tells_blocks) continue;
        const std::string url = backend.url.substr(0, backend.url.find('#'));
        const auto from = std::ranges::find(pool.backends, url, &BackendConfig::url);
        PENSTOCK_ASSERT(from != pool.backends.end());
        out.push_back({.slot = backend.slot,
                       .model = hash64(pool.name),
                       .events = endpoints_of(backend, from->kv_events, from->kv_ranks),
                       .replays = endpoints_of(backend, from->kv_replay, from->kv_ranks)});
    }
}

/// With the slots of all ranks of the backend's server.
monitor::PollOptions with_ranks(monitor::PollOptions options, const fleet::Backend& backend,
                                const std::vector<fleet::Backend>& all) {
    if (!backend.rank) return options;
    for (const fleet::Backend& each : all) {
        if (each.rank && each.server() == backend.server()) options.ranks.push_back(each.slot);
    }
    return options;
}

}  // namespace

fleet::Address address_of(const std::string& url) {
    const Result<Url> parsed = parse_url(url);
    fleet::Address address;
    if (!parsed) return address;
    address.host = parsed->host;
    address.port = parsed->port;
    address.unix_path = parsed->unix_path;
    address.base_path = parsed->base_path;
    return address;
}

// Their servers (uvicorn on asyncio) set TCP_NODELAY; of the others it is not known.
bool delays_acks(const PoolConfig& pool) noexcept {
    if (pool.acks != Acks::automatic) return pool.acks == Acks::delayed;
    return pool.engine == fleet::Engine::vllm || pool.engine == fleet::Engine::sglang;
}

/// `named`: the URL in the configuration, of the backend or of the discovery that has found it.
fleet::BackendTls tls_of(const PoolConfig& pool, const std::string& named, const PoolTls& known) {
    const Result<Url> url = parse_url(named);
    if (!url || !url->https) return {};
    const auto found = known.find(pool.name);
    PENSTOCK_ASSERT(found != known.end() && found->second != nullptr);  // never plain text instead
    const std::string& own = pool.tls.server_name;
    return {.settings = found->second, .server_name = own.empty() ? url->host : own};
}

namespace {

/// A pool's backends as they are found, one after the other.
class Backends {
public:
    Backends(const PoolConfig& pool, const Known& known, fleet::SlotTable& slots)
        : pool_{pool}, known_{known}, slots_{slots} {}

    /// `named`: as of `tls_of`. One for each rank; none when there are no slots left.
    void add(const BackendConfig& from, const std::string& named);
    [[nodiscard]] std::vector<fleet::Backend> take() { return std::move(all_); }

private:
    fleet::Backend* add_one(const BackendConfig& from, const std::string& named, std::string name);

    const PoolConfig& pool_;
    const Known& known_;
    fleet::SlotTable& slots_;
    std::vector<fleet::Backend> all_;
};

fleet::Backend* Backends::add_one(const BackendConfig& from, const std::string& named,
                                  std::string name) {
    const std::optional<fleet::Slot> slot = slots_.assign(pool_.name, name);
    if (!slot) return nullptr;
    fleet::Backend& backend = all_.emplace_back();
    backend.slot = *slot;
    backend.identity = hash64(name);
    backend.url = std::move(name);
    backend.address = address_of(from.url);
    backend.tls = tls_of(pool_, named, known_.tls);
    backend.weight = from.weight;
    backend.max_in_flight = pool_.balance.max_in_flight;
    backend.delay_acks = delays_acks(pool_);
    backend.protocol = pool_.protocol;
    backend.http2_streams = pool_.http2_streams;
    backend.labels = from.labels;
    backend.labels.insert(pool_.labels.begin(), pool_.labels.end());  // where it has none
    backend.tells_blocks = !from.kv_events.empty();
    return &backend;
}

void Backends::add(const BackendConfig& from, const std::string& named) {
    if (from.ranks <= 1) {
        add_one(from, named, from.url);
        return;
    }
    std::optional<fleet::Slot> first;
    for (std::uint32_t number = 0; number < from.ranks; ++number) {
        fleet::Backend* rank = add_one(from, named, from.url + "#" + std::to_string(number));
        if (rank == nullptr) return;
        if (!first) first = rank->slot;
        rank->rank = fleet::Rank{.number = number, .first = *first};
    }
}

}  // namespace

std::vector<fleet::Backend> backends_of(const PoolConfig& pool, const Known& known,
                                        fleet::SlotTable& slots) {
    Backends backends{pool, known, slots};
    for (const BackendConfig& backend : pool.backends) backends.add(backend, backend.url);
    const auto found = known.discovered.find(pool.name);
    if (found != known.discovered.end()) {
        const fleet::Address named = address_of(pool.discover);
        const char* scheme = pool.discover.starts_with("https:") ? "https://" : "http://";
        for (const std::string& host : found->second) {
            const bool v6 = host.find(':') != std::string::npos;
            BackendConfig backend;
            backend.url = scheme + (v6 ? "[" + host + "]" : host) + ":" +
                          std::to_string(named.port) + named.base_path;
            backends.add(backend, pool.discover);
        }
    }
    return backends.take();
}

Built build_generation(const Config& config, const Known& known, fleet::SlotTable& slots,
                       std::uint64_t number) {
    Built built;
    auto generation = std::make_shared<proxy::Generation>();
    generation->number = number;
    for (const PoolConfig& from : config.pools) {
        std::vector<fleet::Backend> backends = backends_of(from, known, slots);
        const monitor::PollOptions options = poll_options(from);
        for (const fleet::Backend& backend : backends) {
            built.targets.push_back({backend, from.name, with_ranks(options, backend, backends)});
        }
        add_sources(from, backends, built.sources);
        generation->pools.push_back(pool_of(from, std::move(backends)));
    }
    generation->routes = routes_of(config);
    proxy::index_labels(*generation);
    generation->server = server_options(config.server);
    generation->http2 = config.server.http2;
    generation->upstream = {.connect_timeout = config.server.connect_timeout,
                            .idle_timeout = config.server.upstream_idle_timeout,
                            .idle_max = config.server.upstream_idle_max,
                            .max_age = config.server.upstream_max_age};
    if (!config.auth.keys_file.empty()) {
        // The config was validated with this file; should it have changed since, nobody is admitted
        // rather than all.
        Result<proxy::ApiKeys> keys = proxy::ApiKeys::parse(read_file(config.auth.keys_file));
        if (!keys) {
            built.problems.push_back(config.auth.keys_file + ": " +
                                     std::string{keys.error().detail()});
            keys = proxy::ApiKeys::parse("");
        }
        generation->keys = std::move(*keys);
    }
    if (auto trusted = proxy::TrustedProxies::parse(config.server.trusted_proxies)) {
        generation->trusted = std::move(*trusted);
    }
    generation->cors_origins = config.cors.allow_origins;
    generation->max_failovers = config.server.max_failovers;
    generation->explain = config.server.explain;
    built.generation = std::move(generation);
    return built;
}

}  // namespace penstock::app
