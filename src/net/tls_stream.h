// TLS over one socket: OpenSSL with input and output of our own, which know what the poller knows.
// Owned by a transport's core, which does the waiting. Thread: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "penstock/net/tls_facts.h"
#include "penstock/net/tls_socket.h"
#include "tls_handles.h"
#include "tls_hello_guard.h"
#include "tls_record_budget.h"

namespace penstock::net {

enum class TlsRole : std::uint8_t { server, client };

class TlsStream {
public:
    /// `keeps`: what the SSL object's callbacks look at.
    TlsStream(SslPtr ssl, TlsRole role, std::shared_ptr<const void> keeps);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    /// From now on over this socket.
    void attach(int fd) noexcept;

    [[nodiscard]] TlsStep handshake();

    struct Read {
        TlsStep step = TlsStep::done;  // done: there are bytes
        std::size_t bytes = 0;
        bool more = false;  // there may be more without an event from the poller
    };
    /// Whole records' plaintext, as much as has come and fits.
    [[nodiscard]] Read read(std::span<char> into) noexcept;

    struct Written {
        TlsStep step = TlsStep::done;
        std::size_t bytes = 0;  // in records that the kernel has taken whole
    };
    /// Joins small pieces in `scratch`, which has room for a record.
    [[nodiscard]] Written write(std::span<const std::string_view> pieces,
                                std::span<char> scratch) noexcept;

    /// Deals with what has come for TLS itself. wants_read: no plaintext and no end were among it.
    [[nodiscard]] TlsStep peek() noexcept;
    /// Sends close_notify once, if it can be sent at once.
    void say_goodbye() noexcept;

    /// The poller's news. True: who waits for the other direction must try again.
    [[nodiscard]] bool may_receive(bool hung_up) noexcept;
    [[nodiscard]] bool may_send() const noexcept;

    /// See `Transport`.
    [[nodiscard]] bool certificate_refused() const noexcept { return certificate_refused_; }
    [[nodiscard]] bool established() const noexcept { return established_; }
    /// True once, when the peer has been given up for records without data (`TlsRecordBudget`).
    [[nodiscard]] bool take_flood() noexcept { return std::exchange(flood_untold_, false); }
    [[nodiscard]] std::string_view alpn() const noexcept;
    [[nodiscard]] TlsFacts facts() const;
    [[nodiscard]] SSL* ssl() const noexcept { return ssl_.get(); }

    TlsOutcome outcome = TlsOutcome::protocol_error;  // of the handshake
    std::string failure;                              // in words, when it failed
    bool verification_failed = false;
    /// Of a handshake that failed.
    [[nodiscard]] Error error() const;

    static constexpr std::size_t k_record = SSL3_RT_MAX_PLAIN_LENGTH;

private:
    friend struct SocketBio;
    static void note_message(int sent, int version, int kind, const void* bytes, std::size_t count,
                             SSL* ssl, void* stream);
    void give_up_flood() noexcept;
    [[nodiscard]] bool passes_guard(std::string_view bytes) noexcept;
    [[nodiscard]] TlsStep step_of(int result) noexcept;
    void note_failure(TlsStep step);
    void note_late_failure();

    SslPtr ssl_;
    int fd_ = -1;
    TlsRole role_;
    bool news_ = true;          // the kernel may hold bytes
    bool hung_up_ = false;      // a short read does not mean that it holds no more
    bool input_ended_ = false;  // FIN
    bool established_ = false;
    bool heard_ = false;  // some plaintext
    bool certificate_refused_ = false;
    bool goodbye_said_ = false;
    bool write_failed_ = false;  // what the peer said before is still there to be read
    bool read_wants_write_ = false;
    bool write_wants_read_ = false;
    bool flooded_ = false;
    bool flood_untold_ = false;
    bool message_too_large_ = false;
    TlsRecordBudget budget_;
    TlsHelloGuard guard_;
    TlsStep over_ = TlsStep::done;  // else end or failed, for ever
    std::shared_ptr<const void> keeps_;
    std::string refused_names_;  // of the peer's certificate, when it was refused
};

}  // namespace penstock::net
