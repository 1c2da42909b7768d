// HTTP/2 towards engines: a connection that carries many exchanges at a time (RFC 9113), over
// nghttp2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "penstock/base/units.h"
#include "penstock/http/stream.h"
#include "penstock/net/transport.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::net {
class Loop;
}

namespace penstock::h2 {

/// What all client connections of a worker share: memory that none keeps over a return to the loop.
class ClientShared {
public:
    ClientShared();
    ~ClientShared();
    ClientShared(const ClientShared&) = delete;
    ClientShared& operator=(const ClientShared&) = delete;

    struct Impl;  // for this module
    [[nodiscard]] Impl& impl() noexcept { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

class ClientConnection;

/// Who keeps connections. Called from the loop, never from inside a call to the connection but for
/// `idle_changed`.
class ClientConnectionOwner {
public:
    /// The engine has said how many streams it takes: until then it gets one. Not called after
    /// `presume_greeted`. Here nothing is to be done to the connection.
    virtual void greeted(ClientConnection& connection) noexcept = 0;
    /// Its first stream has come or its last has gone.
    virtual void idle_changed(ClientConnection& connection) noexcept = 0;
    /// It has ended, all its streams have been told: to be destroyed now.
    virtual void ended(ClientConnection& connection) noexcept = 0;

protected:
    ~ClientConnectionOwner() = default;
};

struct ClientOptions {
    std::uint32_t streams = 100;  // at a time; fewer where the engine says so
    bool encrypted = false;       // the transport speaks TLS
    // A connection whose streams wait and on which nothing has come for so long is asked for a sign
    // of life (PING) when the next stream is opened; without one it gets no more until it is heard
    // again. Only then, since servers of gRPC end connections that ask often.
    Millis ping_after{20'000};
    Millis ping_timeout{5'000};
};

/// Outlives its streams or tells them that it ends: they fail and nothing else does. Thread: the
/// loop's.
class ClientConnection {
public:
    /// Takes over a connected transport. References must outlive this.
    ClientConnection(net::Loop& loop, net::Transport transport, const ClientOptions& options,
                     ClientConnectionOwner& owner, ClientShared& shared);
    ~ClientConnection();  // at once
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    /// Greets the engine.
    void start();
    /// A stream more may be opened. No: it is full, silent, or ends; or has its first, and the
    /// engine has not greeted yet.
    [[nodiscard]] bool has_room() const noexcept;
    /// Streams that the engine takes at a time, as far as it has said or shown.
    [[nodiscard]] std::uint32_t takes() const noexcept;
    /// It takes no stream any more, now and later.
    [[nodiscard]] bool closing() const noexcept;
    [[nodiscard]] std::size_t streams() const noexcept;
    /// The engine's word is not waited for any longer: it gets all, and may refuse them.
    void presume_greeted() noexcept;
    /// Precondition: has_room().
    [[nodiscard]] std::unique_ptr<http::ClientStream> open();
    /// No new streams; ends in order after the last (GOAWAY).
    void close();
    /// The engine has ended it because of our certificate.
    [[nodiscard]] bool certificate_refused() const noexcept;
    /// Why the engine was told to go, where it has broken the protocol or flooded it.
    [[nodiscard]] std::optional<telemetry::Http2Refusal> refusal() const noexcept;

    class Impl;  // for this module

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::h2
