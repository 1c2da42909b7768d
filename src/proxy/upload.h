// The half that moves a request's body while it comes. Runs on its own waiters beside the
// coroutine that waits for the response.
#pragma once

#include <cstdint>
#include <optional>

#include "penstock/http/stream.h"

namespace penstock::proxy {

class Upload {
public:
    /// References live as long as the upload. `limit`: bytes of body.
    Upload(http::ServerStream& client, http::ClientStream& engine, std::uint64_t limit) noexcept
        : client_{client}, engine_{engine}, limit_{limit} {}
    ~Upload();
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    void pump();

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

    http::ServerStream& client_;
    http::ClientStream& engine_;
    std::uint64_t limit_;
    std::uint64_t moved_ = 0;
    std::optional<ErrorCode> failed_;
    bool awaits_client_ = false;
    Waiter* on_failure_ = nullptr;
    Hook<Upload, &Upload::pump> readable_hook_{*this};
    Hook<Upload, &Upload::pump> writable_hook_{*this};
};

}  // namespace penstock::proxy
