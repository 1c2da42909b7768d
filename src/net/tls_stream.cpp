#include "tls_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include "penstock/base/assert.h"
#include "tls_names.h"

namespace penstock::net {

// OpenSSL reads a record's head, then its body; with read-ahead it asks for a buffer full instead.
// When the kernel gave less than that it holds no more, and the next question, which would cost a
// system call for every token, is answered here.
struct SocketBio {
    static int read(BIO* bio, char* into, int room) {
        TlsStream& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        if (stream.news_) {
            const ssize_t count = ::recv(stream.fd_, into, static_cast<std::size_t>(room), 0);
            if (count > 0) {
                stream.news_ = count == room || stream.hung_up_;
                return static_cast<int>(count);
            }
            if (count == 0) stream.input_ended_ = true;
            if (count == 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(count);
            stream.news_ = false;
        }
        BIO_set_retry_read(bio);
        return -1;
    }

    static int write(BIO* bio, const char* from, int bytes) {
        const TlsStream& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        const ssize_t count =
            ::send(stream.fd_, from, static_cast<std::size_t>(bytes), MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
        return static_cast<int>(count);
    }

    static long control(BIO* bio, int command, long /*number*/, void* /*object*/) {
        if (command == BIO_CTRL_EOF) {
            return static_cast<TlsStream*>(BIO_get_data(bio))->input_ended_ ? 1 : 0;
        }
        return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is kept here
    }

    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* fresh =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "penstock socket");
            PENSTOCK_ASSERT(fresh != nullptr);
            BIO_meth_set_read(fresh, &read);
            BIO_meth_set_write(fresh, &write);
            BIO_meth_set_ctrl(fresh, &control);
            return fresh;
        }();
        return made;
    }
};

namespace {

// What somebody else left in the thread's queue would be taken for this call's error.
void forget_old_errors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

/// The bytes that the next record is made of: the same for the same input, however it is cut, so
/// that a record which could not be sent is met again.
class RecordCutter {
public:
    RecordCutter(std::span<const std::string_view> pieces, std::span<char> scratch) noexcept
        : pieces_{pieces}, scratch_{scratch} {}

    [[nodiscard]] std::string_view next() noexcept {
        while (!pieces_.empty() && pieces_.front().size() == used_) drop_front();
        if (pieces_.empty()) return {};
        const std::string_view first = pieces_.front().substr(used_);
        if (first.size() >= TlsStream::k_record || pieces_.size() == 1) {
            return first.substr(0, TlsStream::k_record);
        }
        std::size_t bytes = 0;
        std::size_t skip = used_;
        for (const std::string_view piece : pieces_) {
            const std::string_view part = piece.substr(skip).substr(0, TlsStream::k_record - bytes);
            std::copy(part.begin(), part.end(), scratch_.data() + bytes);
            bytes += part.size();
            skip = 0;
            if (bytes == TlsStream::k_record) break;
        }
        return {scratch_.data(), bytes};
    }

    void take(std::size_t bytes) noexcept {
        while (bytes > 0) {
            const std::size_t part = std::min(bytes, pieces_.front().size() - used_);
            used_ += part;
            bytes -= part;
            if (used_ == pieces_.front().size()) drop_front();
        }
    }

private:
    void drop_front() noexcept {
        pieces_ = pieces_.subspan(1);
        used_ = 0;
    }

    std::span<const std::string_view> pieces_;
    std::span<char> scratch_;
    std::size_t used_ = 0;  // of the first
};

}  // namespace

TlsStream::TlsStream(SslPtr ssl, TlsRole role, std::shared_ptr<const void> keeps)
    : ssl_{std::move(ssl)}, role_{role}, keeps_{std::move(keeps)} {
    BIO* bio = BIO_new(SocketBio::method());
    PENSTOCK_ASSERT(bio != nullptr);
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);  // owns it, once
    note_refused_names(*ssl_, refused_names_);
    if (role_ == TlsRole::server) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
    }
}

TlsStream::~TlsStream() = default;

void TlsStream::attach(int fd) noexcept {
    fd_ = fd;
}

TlsStep TlsStream::step_of(int result) noexcept {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return TlsStep::wants_read;
        case SSL_ERROR_WANT_WRITE:
            return TlsStep::wants_write;
        case SSL_ERROR_ZERO_RETURN:
            return TlsStep::end;
        default:
            return TlsStep::failed;
    }
}

TlsStep TlsStream::handshake() {
    forget_old_errors();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        established_ = true;
        outcome = SSL_session_reused(ssl_.get()) == 1 ? TlsOutcome::resumed : TlsOutcome::completed;
        return TlsStep::done;
    }
    const TlsStep step = step_of(result);
    if (step == TlsStep::wants_read || step == TlsStep::wants_write) return step;
    over_ = TlsStep::failed;
    note_failure(step);
    return TlsStep::failed;
}

TlsStream::Read TlsStream::read(std::span<char> into) noexcept {
    std::size_t total = 0;
    read_wants_write_ = false;
    while (over_ == TlsStep::done && total < into.size()) {
        forget_old_errors();
        std::size_t got = 0;
        const int result = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &got);
        if (result == 1) {
            total += got;
            heard_ = true;
            if (!news_ && SSL_has_pending(ssl_.get()) == 0) return {.bytes = total};
            continue;
        }
        const TlsStep step = step_of(result);
        if (step == TlsStep::failed && ERR_peek_error() != 0) note_late_failure();
        ERR_clear_error();
        if (step == TlsStep::wants_read || step == TlsStep::wants_write) {
            read_wants_write_ = step == TlsStep::wants_write;
            return {.step = total > 0 ? TlsStep::done : step, .bytes = total};
        }
        over_ = step;
    }
    if (total > 0) return {.bytes = total, .more = true};
    return {.step = over_};
}

TlsStream::Written TlsStream::write(std::span<const std::string_view> pieces,
                                    std::span<char> scratch) noexcept {
    Written written;
    write_wants_read_ = false;
    RecordCutter cutter{pieces, scratch};
    for (std::string_view record = cutter.next(); !record.empty(); record = cutter.next()) {
        if (over_ == TlsStep::failed || goodbye_said_ || write_failed_)
            return {.step = TlsStep::failed};
        forget_old_errors();
        std::size_t taken = 0;
        const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &taken);
        if (result == 1) {
            written.bytes += taken;
            cutter.take(taken);
            continue;
        }
        written.step = step_of(result);
        ERR_clear_error();
        write_wants_read_ = written.step == TlsStep::wants_read;
        if (written.step == TlsStep::wants_read || written.step == TlsStep::wants_write) break;
        write_failed_ = true;
        return {.step = TlsStep::failed};
    }
    return written;
}

TlsStep TlsStream::peek() noexcept {
    if (over_ != TlsStep::done) return over_;
    news_ = true;  // the poller may not have told yet
    forget_old_errors();
    char byte = 0;
    std::size_t got = 0;
    const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &got);
    if (result == 1) return TlsStep::done;
    const TlsStep step = step_of(result);
    if (step == TlsStep::failed && ERR_peek_error() != 0) note_late_failure();
    ERR_clear_error();
    if (step == TlsStep::end || step == TlsStep::failed) over_ = step;
    return step;
}

// Where the kernel has no room for it the peer will see a FIN only.
void TlsStream::say_goodbye() noexcept {
    if (!established_ || over_ == TlsStep::failed || goodbye_said_ || write_failed_) return;
    goodbye_said_ = true;
    forget_old_errors();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

bool TlsStream::may_receive(bool hung_up) noexcept {
    news_ = true;
    hung_up_ = hung_up;
    return write_wants_read_;
}

bool TlsStream::may_send() const noexcept {
    return read_wants_write_;
}

std::string_view TlsStream::alpn() const noexcept {
    const unsigned char* protocol = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &length);
    return {reinterpret_cast<const char*>(protocol), length};
}

TlsFacts TlsStream::facts() const {
    TlsFacts facts;
    facts.version =
        SSL_version(ssl_.get()) == TLS1_2_VERSION ? TlsVersion::tls_1_2 : TlsVersion::tls_1_3;
    facts.alpn = alpn();
    facts.resumed = SSL_session_reused(ssl_.get()) == 1;
    const X509* peer = SSL_get0_peer_certificate(ssl_.get());
    const bool verified = (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0 &&
                          SSL_get_verify_result(ssl_.get()) == X509_V_OK;
    if (peer == nullptr || !verified) return facts;
    facts.peer_names = verified_names(*ssl_, *peer);
    facts.peer_subject = subject_of(*peer);
    return facts;
}

}  // namespace penstock::net
