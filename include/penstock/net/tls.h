// TLS to clients and to backends: what a side is willing to do, loaded once and shared, and the
// handshake that puts it on a `Transport`. From there on a transport reads and writes as before.
//
// Versions 1.2 and 1.3, forward secrecy and AEAD only, no renegotiation, no compression, no early
// data, the server's order counts (Mozilla guideline 5.8 "intermediate"). Nothing here reads files:
// who loads a configuration has their bytes, and can tell whether they have changed. A name in a
// certificate is a DNS name, address, URI or e-mail among its subject alternative names; the common
// name where it has none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/base/task.h"
#include "penstock/base/units.h"
#include "penstock/net/tls_facts.h"

namespace penstock::net {

class Loop;
class Transport;

struct TlsFile {
    std::string path;  // for messages
    std::string pem;   // its bytes
    friend bool operator==(const TlsFile&, const TlsFile&) = default;
};

/// A certificate with its chain (leaf first), and its key.
struct TlsKeyPair {
    TlsFile certificate;
    TlsFile key;
    friend bool operator==(const TlsKeyPair&, const TlsKeyPair&) = default;
};

/// What is wrong with a file, in words for an operator.
struct TlsProblem {
    enum class Where : std::uint8_t { certificate, key, ca };
    Where where = Where::certificate;
    std::size_t index = 0;  // of the key pair
    std::string message;
    bool warning = false;  // it is used nevertheless
};

struct TlsCertificate {
    std::string path;
    std::vector<std::string> names;
    std::int64_t not_after = 0;  // Unix seconds
};

/// The keys that session tickets are sealed with: made anew each day, the last day's still open
/// tickets. Shared by all workers, and handed from one `ServerTls` to the next, so that sessions
/// outlive a new certificate. Thread: any.
class TlsTicketKeys;
[[nodiscard]] std::shared_ptr<TlsTicketKeys> make_tls_ticket_keys();

enum class ClientCertificate : std::uint8_t { off, optional, required };

struct ServerTlsOptions {
    std::vector<TlsKeyPair> certificates;  // the first is for clients that name no known host
    TlsVersion min_version = TlsVersion::tls_1_2;
    ClientCertificate client_certificate = ClientCertificate::off;
    TlsFile client_ca;
    /// A client's certificate must bear one of these (`*` stands for any text); empty: any.
    std::vector<std::string> client_names;
    /// By preference. A client that names none gets no protocol; one whose names are all others is
    /// refused with no_application_protocol (RFC 7301 3.2).
    std::vector<std::string> alpn;
};

/// What a listener is willing to do. Immutable. Thread: any.
class ServerTls {
public:
    struct Loaded {
        std::shared_ptr<const ServerTls> tls;  // null: there are errors among the problems
        std::vector<TlsProblem> problems;
    };
    [[nodiscard]] static Loaded load(const ServerTlsOptions& options,
                                     std::shared_ptr<TlsTicketKeys> keys);

    struct Impl;  // for this module
    explicit ServerTls(std::unique_ptr<Impl> impl);
    ~ServerTls();
    ServerTls(const ServerTls&) = delete;
    ServerTls& operator=(const ServerTls&) = delete;

    [[nodiscard]] const std::vector<TlsCertificate>& certificates() const noexcept;
    [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

struct ClientTlsOptions {
    TlsFile ca;      // with an empty path: the system's store
    TlsKeyPair own;  // with an empty path: none
    /// The server's certificate must bear one of these (`*` stands for any text), instead of the
    /// name that it was asked by; empty: that name.
    std::vector<std::string> names;
    /// Whoever answers is believed. For tests; an operator must write it out.
    bool insecure = false;
    TlsVersion min_version = TlsVersion::tls_1_2;
    std::vector<std::string> alpn;
    friend bool operator==(const ClientTlsOptions&, const ClientTlsOptions&) = default;
};

/// What a pool is willing to do. Immutable. Thread: any.
class ClientTls {
public:
    struct Loaded {
        std::shared_ptr<const ClientTls> tls;  // null: there are errors among the problems
        std::vector<TlsProblem> problems;
    };
    [[nodiscard]] static Loaded load(const ClientTlsOptions& options);

    struct Impl;  // for this module
    explicit ClientTls(std::unique_ptr<Impl> impl);
    ~ClientTls();
    ClientTls(const ClientTls&) = delete;
    ClientTls& operator=(const ClientTls&) = delete;

    [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

/// The newest session of one server, for the next connection to it. Kept by who connects, and by
/// the connections, which may bring a session at any time. Thread: one worker's.
class TlsSessionSlot;
[[nodiscard]] std::shared_ptr<TlsSessionSlot> make_tls_session_slot();

struct ClientHandshake {
    std::string server_name;                  // a DNS name (then it is sent, too) or an address
    std::shared_ptr<TlsSessionSlot> session;  // may be null
    std::vector<std::string> alpn;            // instead of the settings' own; empty: those
    std::shared_ptr<const ClientTls> tls;     // never null
};

/// Runs the server's part on a fresh transport. Afterwards the transport carries plaintext to its
/// callers, `transport.tls_facts()` tells what was settled and `tls_outcome()` how it ended. Ended
/// in failure, the transport is good for nothing but closing. Destroying the task gives up.
/// `deadline`: for all of it, above zero. Errors: tls_handshake_failed, tls_verification_failed.
[[nodiscard]] Task<Result<void>> handshake(Loop& loop, Transport& transport,
                                           std::shared_ptr<const ServerTls> tls, Millis deadline);

/// The client's part on a connected transport.
[[nodiscard]] Task<Result<void>> handshake(Loop& loop, Transport& transport, ClientHandshake with,
                                           Millis deadline);

}  // namespace penstock::net
