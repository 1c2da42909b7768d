// The half that moves a request's body while it comes. Runs on its own waiters beside the
// coroutine that waits for the response. The body's beginning is kept in the exchange until the
// engine answers: a stream that the engine has not worked on is replaced by another.
#pragma once

#include <cstdint>
#include <optional>

#include "exchange.h"
#include "penstock/http/stream.h"

namespace penstock::proxy {

class Upload {
public:
    /// Bytes of a body that are kept: those of a unary call, as a rule, whose message comes with
    /// its head. They are part of the buffer budget.
    static constexpr std::size_t k_kept_max = 64 * 1024;
    /// In which they are charged.
    static constexpr std::size_t k_step = 4096;

    /// References live as long as the upload.
    Upload(Exchange& exchange, http::ClientStream& engine) noexcept;
    ~Upload();
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    /// With what the upload before has kept. Not for a tunnel, whose body is pumped from the 101
    /// on.
    void begin();
    void pump();
    /// The engine answers: nothing is sent again.
    void keep_no_more() noexcept;
    /// Everything that has moved is kept: another upload can begin anew.
    [[nodiscard]] bool repeatable() const noexcept { return keeps_; }

    /// Why the body ended too soon: client_gone, body_timeout, body_too_large, bad_request.
    [[nodiscard]] std::optional<ErrorCode> failed() const noexcept { return failed_; }
    /// Bytes of body so far.
    [[nodiscard]] std::uint64_t moved() const noexcept { return moved_; }
    /// The engine has all that came, and there may come more.
    [[nodiscard]] bool awaits_client() const noexcept { return awaits_client_; }
    /// Wakes when it fails; nullptr: forget it.
    void when_failed(Waiter* waiter) noexcept { on_failure_ = waiter; }

private:
    void fail(ErrorCode why);
    void keep(http::Pieces pieces);

    Exchange& exchange_;
    http::ServerStream& client_;
    http::ClientStream& engine_;
    std::uint64_t limit_;
    std::uint64_t moved_ = 0;
    std::optional<ErrorCode> failed_;
    bool awaits_client_ = false;
    bool keeps_ = true;
    Waiter* on_failure_ = nullptr;
    Hook<Upload, &Upload::pump> readable_hook_{*this};
    Hook<Upload, &Upload::pump> writable_hook_{*this};
};

}  // namespace penstock::proxy
