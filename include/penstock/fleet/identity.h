// Who the backends are: names, addresses, pools. Values, built from the config and from discovery.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::net {
class ClientTls;
}

namespace penstock::fleet {

/// The kind of an engine, which decides its dialect (metrics, health, models).
enum class Engine : std::uint8_t { vllm, sglang, llamacpp, tgi, trtllm, lmdeploy, custom };
[[nodiscard]] std::string_view name(Engine engine) noexcept;

/// What a backend is spoken to in. `automatic`: HTTP/1.1 in clear text, with TLS what ALPN gives.
enum class Protocol : std::uint8_t { automatic, http_1_1, h2c, h2 };

/// A place in the counter slab and in every table by slot. Used again only when its former owner is
/// quite gone.
using Slot = std::uint32_t;
inline constexpr Slot k_slots_max = 16'384;

/// Where an engine listens. Either host and port, or a unix socket's path.
struct Address {
    std::string host;  // name or literal, without brackets
    std::uint16_t port = 0;
    std::string unix_path;  // not empty: this counts
    std::string base_path;  // path prefix of the URL, without trailing slash; often empty
    [[nodiscard]] bool is_unix() const noexcept { return !unix_path.empty(); }
    /// For Host: "host:port", "[::1]:8000", or "localhost" for unix.
    [[nodiscard]] std::string authority() const;
    void append_authority(std::string& out) const;
    friend bool operator==(const Address&, const Address&) = default;
};

/// How TLS is spoken to a backend. Carried from who loads it to who connects; two are the same when
/// connections made with one may serve the other.
struct BackendTls {
    std::shared_ptr<const net::ClientTls> settings;  // null: plain text
    std::string server_name;  // that is asked for, and that the certificate must bear
    friend bool operator==(const BackendTls&, const BackendTls&) = default;
};

/// One of the data-parallel engines behind one address, each with a queue and a cache of its own.
struct Rank {
    std::uint32_t number = 0;
    Slot first = 0;  // of rank 0
    friend bool operator==(const Rank&, const Rank&) = default;
};

struct Backend {
    Slot slot = 0;
    std::uint64_t identity = 0;  // hash of the URL: the same in every proxy
    std::string url;  // as configured or discovered, "#" and its number behind it where it is a
                      // rank: its name in metrics, logs and /backends
    Address address;
    BackendTls tls;
    double weight = 1.0;              // 0: takes no new requests
    std::uint32_t max_in_flight = 0;  // 0: no limit
    bool delay_acks = false;          // its TCP segments need not be acknowledged one by one
    Protocol protocol = Protocol::automatic;
    std::uint32_t http2_streams = 100;  // on one connection, at least 1
    bool tells_blocks = false;          // its KV-cache events are followed
    std::map<std::string, std::string> labels;
    std::optional<Rank> rank;
    /// The slot that its server's connections and polls go by: all ranks share them.
    [[nodiscard]] Slot server() const noexcept { return rank ? rank->first : slot; }
    friend bool operator==(const Backend&, const Backend&) = default;
};

}  // namespace penstock::fleet
