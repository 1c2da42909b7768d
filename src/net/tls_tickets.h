// The keys of session tickets.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>

#include "penstock/base/units.h"
#include "tls_handles.h"

namespace penstock::net {

struct TicketKey {
    std::array<unsigned char, 16> name{};  // stands in the ticket
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
    ~TicketKey();
};

/// Two generations of keys. The first handshake after a day makes a new one: an attacker who reads
/// the process's memory opens the tickets of two days, not of all. Lock-free; whoever makes a new
/// generation at the same time as another takes that one's. Thread: any.
class TlsTicketKeys {
public:
    struct Generation {
        TimePoint since;
        std::shared_ptr<const TicketKey> current;
        std::shared_ptr<const TicketKey> previous;  // null: the first day
    };

    explicit TlsTicketKeys(TimePoint now);

    [[nodiscard]] std::shared_ptr<const Generation> at(TimePoint now);

    static constexpr std::chrono::hours k_rotation{24};

private:
    std::atomic<std::shared_ptr<const Generation>> newest_;
};

/// For SSL_CTX_set_tlsext_ticket_key_evp_cb.
int seal_or_open_ticket(TlsTicketKeys& keys, unsigned char* name, unsigned char* iv,
                        EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool seal);

}  // namespace penstock::net
