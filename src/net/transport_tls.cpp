// A transport's TLS half.
#include <utility>

#include "penstock/base/assert.h"
#include "penstock/telemetry/metrics.h"
#include "transport_core.h"

namespace penstock::net {

ReadBytes Transport::Core::read_tls() {
    const std::span<char> buffer = loop.read_buffer();
    const TlsStream::Read read = tls->read(buffer);
    readable = read.more;
    switch (read.step) {
        case TlsStep::done:
            loop.note_read(read.bytes);
            ack_delay.after_read(fd);
            return {IoState::bytes, {buffer.data(), read.bytes}};
        case TlsStep::wants_read:
        case TlsStep::wants_write:
            return {};
        case TlsStep::end:
        case TlsStep::failed:
            break;
    }
    ended = true;
    failed = read.step == TlsStep::failed;
    if (failed) count_flood();
    return {failed ? IoState::failed : IoState::end, {}};
}

std::ptrdiff_t Transport::Core::write_tls(std::span<const std::string_view> pieces) noexcept {
    if (fd < 0) return -1;
    const TlsStream::Written written = tls->write(pieces, loop.impl().record_scratch());
    if (written.step == TlsStep::failed) return -1;
    if (written.step != TlsStep::done) writable = false;
    return static_cast<std::ptrdiff_t>(written.bytes);
}

// Session tickets and key updates that lie there are dealt with and forgotten.
bool Transport::Core::quiet_tls() noexcept {
    const TlsStep step = tls->peek();
    readable = step != TlsStep::wants_read && step != TlsStep::wants_write;
    if (step == TlsStep::failed) count_flood();
    return !readable;
}

// To whom reads it is a connection that has failed, like others.
void Transport::Core::count_flood() noexcept {
    telemetry::WorkerMetrics* const metrics = loop.impl().metrics;
    if (tls->take_flood() && metrics != nullptr) metrics->count(telemetry::Count::tls_floods);
}

void Transport::start_tls(std::unique_ptr<TlsStream> tls) noexcept {
    PENSTOCK_ASSERT(core_->tls == nullptr);
    core_->tls = std::move(tls);
    core_->tls->attach(core_->fd);
}

TlsStep Transport::try_handshake() {
    Core& core = *core_;
    const TlsStep step = core.tls->handshake();
    // Afterwards what came behind the peer's last words may lie in TLS's buffer already.
    core.readable = step != TlsStep::wants_read;
    if (step == TlsStep::wants_write) core.writable = false;
    if (step == TlsStep::failed) core.ended = core.failed = true;
    return step;
}

TlsStream& Transport::tls() noexcept {
    return *core_->tls;
}

bool Transport::encrypted() const noexcept {
    return core_->tls && core_->tls->established();
}

std::string_view Transport::alpn() const noexcept {
    return core_->tls ? core_->tls->alpn() : std::string_view{};
}

bool Transport::certificate_refused() const noexcept {
    return core_->tls && core_->tls->certificate_refused();
}

TlsFacts Transport::tls_facts() const {
    PENSTOCK_ASSERT(encrypted());
    return core_->tls->facts();
}

TlsOutcome Transport::tls_outcome() const noexcept {
    return core_->tls ? core_->tls->outcome : TlsOutcome::protocol_error;
}

}  // namespace penstock::net
