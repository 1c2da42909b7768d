// Whose word about the client's address is believed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"

namespace penstock::proxy {

class TrustedProxies {
public:
    /// "10.0.0.0/8", "fd00::/8", "127.0.0.1", or "unix" for peers on unix sockets. Errors:
    /// invalid_value.
    [[nodiscard]] static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

    /// `peer`: "1.2.3.4:5", "[::1]:5", "unix", or an address without port.
    [[nodiscard]] bool trusts(std::string_view peer) const noexcept;

    /// The client's address by `X-Forwarded-For` read from the right: the first that is not
    /// trusted.
    [[nodiscard]] std::string_view client(std::string_view peer,
                                          std::string_view forwarded_for) const noexcept;

private:
    struct Network {
        std::array<unsigned char, 16> bytes{};
        int family = 0;
        unsigned prefix = 0;
    };
    std::vector<Network> networks_;
    bool unix_ = false;
};

/// "1.2.3.4:5" without its port and brackets.
[[nodiscard]] std::string_view host_of(std::string_view peer) noexcept;

}  // namespace penstock::proxy
