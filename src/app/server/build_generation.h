// From the configuration and what discovery found to a generation and the monitor's targets.
// Control thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "penstock/app/config.h"
#include "penstock/fleet/slots.h"
#include "penstock/kv_events/follower.h"
#include "penstock/monitor/monitor.h"
#include "penstock/net/tls.h"
#include "penstock/proxy/generation.h"
#include "penstock/telemetry/log.h"

namespace penstock::app {

/// Addresses by pool name, as discovery last told them.
using Discovered = std::map<std::string, std::vector<std::string>>;

/// TLS to backends by pool name; pools without https:// URLs are not there.
using PoolTls = std::map<std::string, std::shared_ptr<const net::ClientTls>>;

/// What is known of the pools besides their configuration.
struct Known {
    Discovered discovered;
    PoolTls tls;
};

struct Built {
    std::shared_ptr<const proxy::Generation> generation;
    std::vector<monitor::Target> targets;
    std::vector<kv_events::Source> sources;  // of the backends whose KV-cache events are followed
    std::vector<std::string>
        problems;  // key files that could not be read since the config was checked
};

/// Assigns slots for new backends; who left keeps its slot until it is released. Precondition: a
/// validated config.
[[nodiscard]] Built build_generation(const Config& config, const Known& known,
                                     fleet::SlotTable& slots, std::uint64_t number);

/// The backends of a pool, config order first: listed ones, then discovered ones.
[[nodiscard]] std::vector<fleet::Backend> backends_of(const PoolConfig& pool, const Known& known,
                                                      fleet::SlotTable& slots);

/// "http://host:8000" or "unix:/path" as an address. Precondition: validated.
[[nodiscard]] fleet::Address address_of(const std::string& url);

}  // namespace penstock::app
