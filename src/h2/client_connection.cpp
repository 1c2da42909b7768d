// The life of an HTTP/2 connection to an engine: its streams come and go, and it ends when its pool
// closes it, the engine says so, or it breaks.
#include "client_connection.h"

#include <algorithm>
#include <utility>

#include "penstock/base/assert.h"

namespace penstock::h2 {

namespace {

constexpr Millis k_stall{60'000};  // without the engine taking a byte

}  // namespace

ClientConnection::Impl::Impl(ClientConnection& self, net::Loop& loop, net::Transport transport,
                             const ClientOptions& options, ClientConnectionOwner& owner,
                             ClientShared::Impl& shared)
    : self_{self},
      loop_{loop},
      owner_{owner},
      shared_{shared},
      ping_after_{options.ping_after},
      ping_timeout_{options.ping_timeout},
      streams_max_{options.streams},
      accepted_max_{options.streams},
      session_{shared.setup, options.encrypted ? "https" : "http", options.streams},
      pump_{loop, std::move(transport), *this, shared.batch, k_stall} {}

ClientConnection::Impl::~Impl() {
    fail_streams();
}

bool ClientConnection::Impl::closing() const noexcept {
    return retired_ || pump_.closing() || !session_.open();
}

// The first need not wait for the engine's word: no engine takes none. More could be refused.
bool ClientConnection::Impl::has_room() const noexcept {
    const std::uint32_t most = greeted_ ? std::min(accepted_max_, session_.streams_max()) : 1;
    return list_.size() < most && !closing() && !silent();
}

std::uint32_t ClientConnection::Impl::takes() const noexcept {
    return session_.greeted() ? std::min(accepted_max_, session_.streams_max()) : accepted_max_;
}

bool ClientConnection::Impl::certificate_refused() noexcept {
    return pump_.transport().certificate_refused();
}

bool ClientConnection::Impl::silent() const noexcept {
    return asked_ && loop_.coarse_now() - *asked_ >= ping_timeout_;
}

// The peer may be gone without a word: its process hangs, or what forwards packets has forgotten
// the connection. All new streams would join the dead.
void ClientConnection::Impl::ask_for_life() {
    const TimePoint now = loop_.coarse_now();
    if (asked_ || now - heard_ < ping_after_) return;
    asked_ = now;
    session_.ping();
    want_flush();
}

std::unique_ptr<http::ClientStream> ClientConnection::Impl::open() {
    PENSTOCK_ASSERT(has_room());
    if (list_.size() == 0) {
        stale_ = served_;
        accepted_max_ = streams_max_;
        heard_ = loop_.coarse_now();
        asked_.reset();
    } else {
        ask_for_life();
    }
    served_ = true;
    auto stream = std::make_unique<ClientStream>(*this);
    list_.push_front(*stream);
    if (list_.size() == 1) owner_.idle_changed(self_);
    return stream;
}

// The stream's own destructor calls this: in the middle of a wake-up, too.
void ClientConnection::Impl::remove(ClientStream& stream) noexcept {
    session_.cancel(stream);
    want_flush();
    std::replace(waking_.begin(), waking_.end(), static_cast<ClientSessionStream*>(&stream),
                 static_cast<ClientSessionStream*>(nullptr));
    list_.remove(stream);
    if (list_.size() > 0) return;
    owner_.idle_changed(self_);
    end_if_empty();
}

void ClientConnection::Impl::close() {
    retired_ = true;
    end_if_empty();
}

void ClientConnection::Impl::end_if_empty() {
    if (list_.size() > 0 || pump_.closing() || !closing()) return;
    session_.go_away();
    pump_.close();
}

bool ClientConnection::Impl::receive(std::string_view bytes) {
    stale_ = false;
    heard_ = loop_.coarse_now();
    asked_.reset();
    return session_.receive(bytes, heard_);
}

void ClientConnection::Impl::settle() {
    if (session_.greeted() && !std::exchange(greeted_, true)) owner_.greeted(self_);
    session_.take_news(waking_);
    heed_refusals();
    wake_all();
    if (session_.over() || pump_.closing()) fail_streams();
    if (session_.over() && !pump_.closing()) pump_.close();
    end_if_empty();
}

// Until it is idle again, what it works on now is all that it takes.
void ClientConnection::Impl::heed_refusals() noexcept {
    const auto refused = std::count_if(
        waking_.begin(), waking_.end(),
        [](const ClientSessionStream* each) { return each->closed && each->unheard; });
    if (refused == 0) return;
    const std::size_t taken = list_.size() - static_cast<std::size_t>(refused);
    accepted_max_ = static_cast<std::uint32_t>(std::max<std::size_t>(1, taken));
}

// By index, and each looked up again: what a waiter does may destroy streams and open new ones.
void ClientConnection::Impl::wake_all() noexcept {
    for (std::size_t i = 0; i < waking_.size(); ++i) {
        if (waking_[i] != nullptr) static_cast<ClientStream*>(waking_[i])->wake_writer();
        if (waking_[i] != nullptr) static_cast<ClientStream*>(waking_[i])->wake_reader();
    }
    waking_.clear();
}

void ClientConnection::Impl::fail_streams(ErrorCode why) noexcept {
    retired_ = true;
    while (list_.first() != nullptr) {
        ClientStream& stream = *list_.first();
        list_.remove(stream);
        session_.forget(stream);
        stream.connection_lost(why, stale_);
    }
}

void ClientConnection::Impl::ended() {
    fail_streams();
    owner_.ended(self_);  // destroys this
}

// Where a write has failed, the engine's last words may not have been read.
ErrorCode ClientConnection::Impl::why_lost() noexcept {
    static_cast<void>(pump_.transport().quiet());
    return certificate_refused() ? ErrorCode::tls_handshake_failed : ErrorCode::upstream_closed;
}

void ClientConnection::Impl::lost(bool /*stalled*/) {
    retired_ = true;
    session_.take_news(waking_);
    wake_all();
    fail_streams(why_lost());
    owner_.ended(self_);  // destroys this
}

ClientConnection::ClientConnection(net::Loop& loop, net::Transport transport,
                                   const ClientOptions& options, ClientConnectionOwner& owner,
                                   ClientShared& shared)
    : impl_{std::make_unique<Impl>(*this, loop, std::move(transport), options, owner,
                                   shared.impl())} {}
ClientConnection::~ClientConnection() = default;

void ClientConnection::start() {
    impl_->start();
}
bool ClientConnection::has_room() const noexcept {
    return impl_->has_room();
}
std::uint32_t ClientConnection::takes() const noexcept {
    return impl_->takes();
}
void ClientConnection::presume_greeted() noexcept {
    impl_->presume_greeted();
}
bool ClientConnection::closing() const noexcept {
    return impl_->closing();
}
bool ClientConnection::certificate_refused() const noexcept {
    return impl_->certificate_refused();
}
std::size_t ClientConnection::streams() const noexcept {
    return impl_->streams();
}
std::unique_ptr<http::ClientStream> ClientConnection::open() {
    return impl_->open();
}
void ClientConnection::close() {
    impl_->close();
}
std::optional<telemetry::Http2Refusal> ClientConnection::refusal() const noexcept {
    return impl_->session().refusal();
}

ClientShared::ClientShared() : impl_{std::make_unique<Impl>()} {}
ClientShared::~ClientShared() = default;

}  // namespace penstock::h2
