#include "node.h"

namespace penstock::upstream {

namespace {

enum class Speaks : std::uint8_t { http1, http2, either };

/// What is known before a connection stands: with TLS, ALPN may have the last word.
constexpr Speaks spoken_to(const fleet::Backend& backend) noexcept {
    using fleet::Protocol;
    const bool either = backend.protocol == Protocol::automatic && backend.tls.settings != nullptr;
    if (either) return Speaks::either;
    const bool http2 = backend.protocol == Protocol::h2c || backend.protocol == Protocol::h2;
    return http2 ? Speaks::http2 : Speaks::http1;
}

}  // namespace

std::unique_ptr<http::ClientStream> Node::reuse(const fleet::Backend& backend) {
    if (std::unique_ptr<http::ClientStream> stream = join(backend)) return stream;
    return spoken_to(backend) == Speaks::http2 ? nullptr : h1_.take_newest(backend.tls);
}

std::unique_ptr<http::ClientStream> Node::join(const fleet::Backend& backend) {
    return spoken_to(backend) == Speaks::http1 ? nullptr : h2_.join(backend.tls);
}

Task<Result<std::unique_ptr<http::ClientStream>>> Node::connect(const fleet::Backend& backend,
                                                                TimePoint until) {
    const Speaks speaks = spoken_to(backend);
    if (speaks == Speaks::http2) return h2_.connect(backend, until);
    const bool http2 = speaks == Speaks::either && chose_http2_;
    return http2 ? connect_as_before(backend, until) : connect_alone(backend, until);
}

// A thousand streams may wait in this frame at once.
Task<Result<std::unique_ptr<http::ClientStream>>> Node::connect_alone(const fleet::Backend& backend,
                                                                      TimePoint until) {
    Dialer::Connected connected = co_await dialer_.dial(backend, until);
    if (!connected) co_return connected.error();
    const bool http2 = (*connected)->alpn() == "h2";
    if (spoken_to(backend) == Speaks::either) chose_http2_ = http2;
    if (!http2) co_return h1_.adopt(std::move(**connected), backend.tls);
    std::unique_ptr<http::ClientStream> stream = h2_.adopt(std::move(**connected), backend);
    if (!stream) co_return Error{ErrorCode::connect_failed, "the new connection takes no stream"};
    co_return std::move(stream);
}

// A backend that has chosen HTTP/2 will most likely do so again: a burst shares a connection.
Task<Result<std::unique_ptr<http::ClientStream>>> Node::connect_as_before(
    const fleet::Backend& backend, TimePoint until) {
    const TimePoint stands_by = dialer_.deadline(until);
    Result<std::unique_ptr<http::ClientStream>> stream = co_await h2_.connect(backend, until);
    const bool other = !stream && stream.error().code() == ErrorCode::tls_handshake_failed;
    if (!other) co_return std::move(stream);
    chose_http2_ = false;
    co_return co_await connect_alone(backend, stands_by);
}

void Node::expire(TimePoint since) {
    h1_.expire(since);
    h2_.expire(since);
}

void Node::clear() {
    h1_.expire(TimePoint::max());
    h2_.retire();
}

}  // namespace penstock::upstream
