// How many records of TLS a peer may send that bring no data.
//
// OpenSSL works through KeyUpdates, session tickets and refused renegotiations inside one call, for
// as long as the socket yields bytes, and counts none of them: a flood of them would keep a worker
// for seconds. Part of a `TlsStream`. Thread: the loop's.
#pragma once

#include <algorithm>
#include <cstddef>

namespace penstock::net {

class TlsRecordBudget {
public:
    /// A record begins. False: those before it have brought too little.
    [[nodiscard]] bool begin_record() noexcept {
        debt_ += k_record_price;
        return debt_ <= limit_;
    }
    /// That record has brought data, which pays for itself and for as much idleness.
    void earn(std::size_t bytes) noexcept { debt_ -= std::min(debt_, k_record_price + bytes); }
    /// The handshake is done, and with it what needs many records.
    void established() noexcept {
        debt_ = 0;
        limit_ = (k_idle_records + 1) * k_record_price;
    }

    /// In a row without data, once the connection stands. A server sends two tickets; who renews
    /// keys does so after millions of records (RFC 8446 5.5).
    static constexpr std::size_t k_idle_records = 32;
    /// In all of a handshake. A chain of 100 KiB in records of 512 bytes (RFC 8449) takes 200.
    static constexpr std::size_t k_handshake_records = 256;
    /// The data that makes good for one record without any.
    static constexpr std::size_t k_record_price = 1024;

private:
    std::size_t debt_ = 0;  // in bytes
    std::size_t limit_ = k_handshake_records * k_record_price;
};

}  // namespace penstock::net
