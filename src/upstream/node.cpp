#include "node.h"

namespace penstock::upstream {

namespace {

constexpr bool speaks_http2(const fleet::Backend& backend) noexcept {
    return backend.protocol == fleet::Protocol::h2c || backend.protocol == fleet::Protocol::h2;
}

}  // namespace

std::unique_ptr<http::ClientStream> Node::reuse(const fleet::Backend& backend) {
    return speaks_http2(backend) ? h2_.join(backend.tls) : h1_.take_newest(backend.tls);
}

std::unique_ptr<http::ClientStream> Node::join(const fleet::Backend& backend) {
    return speaks_http2(backend) ? h2_.join(backend.tls) : nullptr;
}

Task<Result<std::unique_ptr<http::ClientStream>>> Node::connect(const fleet::Backend& backend,
                                                                TimePoint until) {
    return speaks_http2(backend) ? h2_.connect(backend, until) : connect_alone(backend, until);
}

// A thousand streams may wait in this frame at once.
Task<Result<std::unique_ptr<http::ClientStream>>> Node::connect_alone(const fleet::Backend& backend,
                                                                      TimePoint until) {
    Dialer::Connected connected = co_await dialer_.dial(backend, until);
    if (!connected) co_return connected.error();
    co_return h1_.adopt(std::move(**connected), backend.tls);
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
