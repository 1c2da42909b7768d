#include "penstock/net/tls_socket.h"

#include <array>
#include <utility>

#include "tls_client.h"

namespace penstock::net {

Result<std::unique_ptr<TlsSocket>> TlsSocket::begin(int fd, const ClientHandshake& with) {
    Result<std::unique_ptr<TlsStream>> stream = client_stream(with);
    if (!stream) return stream.error();
    (*stream)->attach(fd);
    return std::make_unique<TlsSocket>(std::move(*stream));
}

TlsSocket::TlsSocket(std::unique_ptr<TlsStream> stream) : stream_{std::move(stream)} {}
TlsSocket::~TlsSocket() = default;

// Nobody tells of news here, so the kernel is asked each time.
TlsStep TlsSocket::handshake() {
    static_cast<void>(stream_->may_receive(false));
    return stream_->handshake();
}

Error TlsSocket::failure() const {
    return stream_->error();
}

TlsSocket::Moved TlsSocket::read(std::span<char> into) noexcept {
    static_cast<void>(stream_->may_receive(false));
    const TlsStream::Read read = stream_->read(into);
    return {read.step, read.bytes};
}

TlsSocket::Moved TlsSocket::write(std::string_view bytes) noexcept {
    const std::array<std::string_view, 1> pieces{bytes};
    const TlsStream::Written written = stream_->write(pieces, {});  // one piece needs no scratch
    return {written.bytes > 0 ? TlsStep::done : written.step, written.bytes};
}

bool TlsSocket::quiet() noexcept {
    return stream_->peek() == TlsStep::wants_read;
}

}  // namespace penstock::net
