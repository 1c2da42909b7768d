// One backend's HTTP/2 connections on one worker: one is filled with streams before the next is
// opened, and a burst of requests waits for the connection that is being made and for the engine's
// word how many of them it takes.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "dialer.h"
#include "penstock/h2/client.h"
#include "scratch.h"
#include "wait_list.h"

namespace penstock::upstream {

/// Owned by a node. References must outlive this. Thread: the worker.
class H2List final : public h2::ClientConnectionOwner {
public:
    H2List(net::Loop& loop, telemetry::WorkerMetrics& metrics, Dialer& dialer,
           const Options& options, Scratch& scratch)
        : loop_{loop}, metrics_{metrics}, dialer_{dialer}, options_{options}, scratch_{scratch} {}

    /// A stream on the oldest connection that has room for it and was made with the same trust, or
    /// null.
    [[nodiscard]] std::unique_ptr<http::ClientStream> join(const fleet::BackendTls& tls);
    /// A stream on a fresh connection, which speaks HTTP/2, or null: it takes none.
    [[nodiscard]] std::unique_ptr<http::ClientStream> adopt(net::Transport transport,
                                                            const fleet::Backend& backend);
    /// A stream, on a connection that is made for all who ask meanwhile. Errors: those of `dial`;
    /// tls_handshake_failed also when the backend does not want HTTP/2. `backend` lives until the
    /// task's end.
    [[nodiscard]] Task<Result<std::unique_ptr<http::ClientStream>>> connect(
        const fleet::Backend& backend, TimePoint until);
    /// Ends what has been idle since before `since`, and what is too old after its last stream.
    void expire(TimePoint since);
    /// Ends all: those with streams after the last of them. What is being made is given up.
    void retire();

    void greeted(h2::ClientConnection& connection) noexcept override;
    void idle_changed(h2::ClientConnection& connection) noexcept override;
    void ended(h2::ClientConnection& connection) noexcept override;

private:
    struct Kept {
        std::unique_ptr<h2::ClientConnection> connection;
        fleet::BackendTls made_with;
        TimePoint takes_until;  // new streams
        TimePoint idle_since{};
        bool idle = false;
    };
    /// A connection being made, until the engine has greeted.
    struct Dial {
        Dial(net::Loop& loop, const fleet::Backend& to, TimePoint by)
            : backend{to}, until{by}, waiting{loop} {}
        [[nodiscard]] std::size_t places_taken() const noexcept;
        void end(std::optional<Error> why = {}) noexcept;

        fleet::Backend backend;  // who asked first may be gone before it stands
        TimePoint until;         // the engine's greeting is waited for
        WaitList waiting;
        h2::ClientConnection* connection = nullptr;  // once it stands, until `done`
        std::optional<Error> failed;
        bool done = false;
        Task<void> task;
    };

    [[nodiscard]] std::shared_ptr<Dial> dial_with_place(const fleet::Backend& backend);
    [[nodiscard]] std::size_t places_on_one(const fleet::Backend& backend) const noexcept;
    void end_dial(const h2::ClientConnection& connection, std::optional<Error> why) noexcept;
    [[nodiscard]] Task<void> run(Dial& dial);
    h2::ClientConnection& begin(net::Transport transport, const fleet::Backend& backend);
    [[nodiscard]] std::vector<Kept>::iterator find(const h2::ClientConnection& connection) noexcept;
    void set_idle(Kept& kept, bool idle) noexcept;

    net::Loop& loop_;
    telemetry::WorkerMetrics& metrics_;
    Dialer& dialer_;
    const Options& options_;
    Scratch& scratch_;
    std::vector<Kept> kept_;  // oldest first
    std::vector<std::shared_ptr<Dial>> dials_;
};

}  // namespace penstock::upstream
