#include "penstock/proxy/trusted_proxies.h"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>

#include <netinet/in.h>

#include "penstock/base/trim.h"

namespace penstock::proxy {

namespace {

struct ParsedAddress {
    std::array<unsigned char, 16> bytes{};
    int family = 0;
};

ParsedAddress parse_address(std::string_view text) noexcept {
    ParsedAddress parsed;
    char host[INET6_ADDRSTRLEN + 1] = {};
    if (text.size() >= sizeof host) return parsed;
    std::memcpy(host, text.data(), text.size());
    if (::inet_pton(AF_INET, host, parsed.bytes.data()) == 1) {
        parsed.family = AF_INET;
    } else if (::inet_pton(AF_INET6, host, parsed.bytes.data()) == 1) {
        parsed.family = AF_INET6;
        // A v4 peer of a listener on [::] is still the v4 peer of the config.
        if (IN6_IS_ADDR_V4MAPPED(reinterpret_cast<const in6_addr*>(parsed.bytes.data()))) {
            std::memmove(parsed.bytes.data(), parsed.bytes.data() + 12, 4);
            std::memset(parsed.bytes.data() + 4, 0, 12);
            parsed.family = AF_INET;
        }
    }
    return parsed;
}

bool same_prefix(const std::array<unsigned char, 16>& a, const std::array<unsigned char, 16>& b,
                 unsigned bits) noexcept {
    const std::size_t whole = bits / 8;
    if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
    const unsigned rest = bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<unsigned char>(0xFFU << (8 - rest));
    return (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace

std::string_view host_of(std::string_view peer) noexcept {
    if (peer.starts_with('[')) return peer.substr(1, peer.find(']') - 1);
    const std::size_t colon = peer.find(':');
    // More than one colon without brackets: a bare v6 address.
    if (colon == std::string_view::npos || peer.find(':', colon + 1) != std::string_view::npos)
        return peer;
    return peer.substr(0, colon);
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
    TrustedProxies trusted;
    for (const std::string& text : networks) {
        if (text == "unix") {
            trusted.unix_ = true;
            continue;
        }
        const std::size_t slash = text.find('/');
        const ParsedAddress address = parse_address(std::string_view{text}.substr(0, slash));
        const unsigned most = address.family == AF_INET ? 32 : 128;
        unsigned prefix = most;
        bool good = address.family != 0;
        if (slash != std::string::npos) {
            const char* end = text.data() + text.size();
            const auto read = std::from_chars(text.data() + slash + 1, end, prefix);
            good = good && read.ec == std::errc{} && read.ptr == end && prefix <= most;
        }
        if (!good) {
            return Error{
                ErrorCode::invalid_value,
                "\"" + text + "\" is no network: write 10.0.0.0/8, fd00::/8, an address or unix"};
        }
        trusted.networks_.push_back({address.bytes, address.family, prefix});
    }
    return trusted;
}

bool TrustedProxies::trusts(std::string_view peer) const noexcept {
    if (peer == "unix") return unix_;
    if (networks_.empty()) return false;
    const ParsedAddress address = parse_address(host_of(peer));
    for (const Network& network : networks_) {
        if (network.family == address.family &&
            same_prefix(network.bytes, address.bytes, network.prefix)) {
            return true;
        }
    }
    return false;
}

std::string_view TrustedProxies::client(std::string_view peer,
                                        std::string_view forwarded_for) const noexcept {
    std::string_view client = host_of(peer);
    while (trusts(client) && !forwarded_for.empty()) {
        const std::size_t comma = forwarded_for.rfind(',');
        const std::string_view last =
            trim_blanks(forwarded_for.substr(comma == std::string_view::npos ? 0 : comma + 1));
        if (parse_address(host_of(last)).family == 0) break;  // not an address: believe no further
        client = host_of(last);
        forwarded_for =
            comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
    }
    return client;
}

}  // namespace penstock::proxy
