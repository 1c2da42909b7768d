// The handshake as a coroutine, for both sides.
#include <algorithm>
#include <utility>

#include "penstock/net/await.h"
#include "penstock/net/tls.h"
#include "penstock/net/transport.h"
#include "tls_client.h"
#include "tls_server.h"
#include "tls_stream.h"

namespace penstock::net {

namespace {

Task<Result<void>> run(Loop& loop, Transport& transport, Millis deadline) {
    const TimePoint until = loop.now() + deadline;
    for (;;) {
        const TlsStep step = transport.try_handshake();
        if (step == TlsStep::done) co_return Result<void>{};
        if (step == TlsStep::failed) co_return transport.tls().error();
        const bool reads = step == TlsStep::wants_read;
        const Millis left = std::max(std::chrono::ceil<Millis>(until - loop.now()), Millis{1});
        const bool in_time =
            co_await within(loop, left, [&transport, reads](Waiter* waiter) noexcept {
                if (reads) {
                    transport.when_readable(waiter);
                } else {
                    transport.when_writable(waiter);
                }
            });
        if (in_time) continue;
        transport.tls().outcome = TlsOutcome::timed_out;
        co_return Error{ErrorCode::tls_handshake_failed, "the TLS handshake took too long"};
    }
}

}  // namespace

Task<Result<void>> handshake(Loop& loop, Transport& transport, std::shared_ptr<const ServerTls> tls,
                             Millis deadline) {
    SslPtr ssl{SSL_new(tls->impl().context.get())};
    if (!ssl) co_return Error{ErrorCode::tls_handshake_failed, take_ssl_error()};
    transport.start_tls(
        std::make_unique<TlsStream>(std::move(ssl), TlsRole::server, std::move(tls)));
    co_return co_await run(loop, transport, deadline);
}

Task<Result<void>> handshake(Loop& loop, Transport& transport, ClientHandshake with,
                             Millis deadline) {
    Result<std::unique_ptr<TlsStream>> stream = client_stream(with);
    if (!stream) co_return stream.error();
    transport.start_tls(std::move(*stream));
    co_return co_await run(loop, transport, deadline);
}

}  // namespace penstock::net
