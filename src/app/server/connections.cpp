#include "connections.h"

#include <algorithm>
#include <utility>

#include "penstock/net/await.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::app {

namespace {

enum class Protocol : std::uint8_t { unknown, http1, http2 };

/// What the first bytes of a connection speak (RFC 9113 3.4). A method PRI is nobody's else, so
/// that a preface that goes wrong later is told in HTTP/2.
Protocol protocol_of(std::string_view first) noexcept {
    constexpr std::string_view k_preface = "PRI ";
    const std::string_view seen = first.substr(0, k_preface.size());
    if (!k_preface.starts_with(seen)) return Protocol::http1;
    return seen == k_preface ? Protocol::http2 : Protocol::unknown;
}

// A handshake takes a client two round trips. Under load a younger one must not make room for the
// next: none would come to its end.
constexpr Millis k_handshake_patience{1'000};

}  // namespace

/// A connection that has not said yet what it speaks.
class Connections::Arrival {
public:
    Arrival(Connections& owner, net::Transport transport, const Offer& offer)
        : owner_{owner},
          transport_{std::move(transport)},
          offer_{offer},
          list_{offer.tls ? owner.handshakes_ : owner.plain_},
          since_{owner.loop_.now()} {
        count(1);
    }
    ~Arrival() {
        task_.destroy();
        owner_.loop_.forget(gone_hook_);
        if (!handed_over_) count(-1);
    }
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;

    void start(Arrivals::iterator self) {
        self_ = self;
        task_ = offer_.tls ? encrypt() : greet();
        task_.start([](void* arrival) { static_cast<Arrival*>(arrival)->ended(); }, this);
    }

    /// A handshake that has neither ended nor come to its end within what one needs.
    [[nodiscard]] bool stalls() const noexcept {
        return !over_ && owner_.loop_.now() - since_ >= k_handshake_patience;
    }

private:
    Task<void> greet();
    Task<void> encrypt();
    [[nodiscard]] Protocol spoken_here() const noexcept;
    void hand_over(Protocol protocol, std::string_view first);
    void count_timeout(std::string_view seen) const;
    void ended() {  // the task has not, quite
        over_ = true;
        owner_.loop_.wake_soon(gone_hook_);
    }
    void gone() { list_.erase(self_); }
    void count(int change) const {
        owner_.waiting_ += static_cast<std::size_t>(change);
        if (owner_.metrics_ != nullptr)
            owner_.metrics_->change(telemetry::Gauge::client_connections, change);
    }

    Connections& owner_;
    net::Transport transport_;
    Offer offer_;
    Arrivals& list_;
    TimePoint since_;
    bool handed_over_ = false;
    bool over_ = false;
    Arrivals::iterator self_;
    Hook<Arrival, &Arrival::gone> gone_hook_{*this};
    Task<void> task_;  // last: destroyed first
};

/// What is known before a client has said a word.
Protocol Connections::Arrival::spoken_here() const noexcept {
    if (offer_.protocol == ListenerProtocol::h2) return Protocol::http2;
    const bool either = offer_.protocol == ListenerProtocol::automatic && owner_.http2_;
    return either ? Protocol::unknown : Protocol::http1;
}

Task<void> Connections::Arrival::greet() {
    const Protocol here = spoken_here();
    if (here == Protocol::http2) co_return hand_over(here, {});
    std::string seen;
    for (;;) {
        const net::ReadBytes read = transport_.try_read();
        if (read.state == net::IoState::bytes) {
            const std::string_view first = seen.empty() ? read.bytes : seen.append(read.bytes);
            const Protocol protocol = here == Protocol::unknown ? protocol_of(first) : here;
            if (protocol != Protocol::unknown) co_return hand_over(protocol, first);
            seen = first;
            continue;
        }
        if (read.state != net::IoState::would_block) co_return;
        const Millis patience =
            seen.empty() ? owner_.options_.keep_alive_timeout : owner_.options_.head_timeout;
        const bool in_time = co_await net::within(
            owner_.loop_, patience,
            [this](Waiter* waiter) noexcept { transport_.when_readable(waiter); });
        if (!in_time) co_return count_timeout(seen);
    }
}

// The handshake has a head's time. Without ALPN a client speaks HTTP/1.1 (RFC 9113 3.2).
Task<void> Connections::Arrival::encrypt() {
    const Result<void> shaken = co_await net::handshake(
        owner_.loop_, transport_, std::move(offer_.tls), owner_.options_.head_timeout);
    const Protocol chosen = transport_.alpn() == "h2" ? Protocol::http2 : Protocol::http1;
    const bool other =
        shaken && offer_.protocol == ListenerProtocol::h2 && chosen == Protocol::http1;
    owner_.count_handshake(other ? net::TlsOutcome::no_common_protocol : transport_.tls_outcome());
    if (shaken && !other) hand_over(chosen, {});
}

void Connections::Arrival::count_timeout(std::string_view seen) const {
    if (!seen.empty()) {
        owner_.handler_.refused(
            {.peer = net::peer_name(transport_.fd()), .code = ErrorCode::head_timeout});
    } else if (owner_.metrics_ != nullptr) {
        owner_.metrics_->count(telemetry::Count::idle_closes);
    }
}

// It is counted once: from here on by whom it is handed to.
void Connections::Arrival::hand_over(Protocol protocol, std::string_view first) {
    handed_over_ = true;
    count(-1);
    if (protocol == Protocol::http1) return owner_.h1_.serve(std::move(transport_), first);
    owner_.h2_.serve(std::move(transport_), first);
}

Connections::Connections(net::Loop& loop, http::Handler& handler, telemetry::WorkerMetrics* metrics)
    : loop_{loop},
      handler_{handler},
      metrics_{metrics},
      h1_{loop, handler, metrics},
      h2_{loop, handler, metrics} {}

Connections::~Connections() = default;

void Connections::serve(net::Transport transport, const Offer& offer) {
    if (metrics_ != nullptr) metrics_->count(telemetry::Count::connections_accepted);
    if (!has_room_for(offer)) return count_handshake(net::TlsOutcome::too_many);
    Arrivals& list = offer.tls ? handshakes_ : plain_;
    list.emplace_front(*this, std::move(transport), offer);
    list.front().start(list.begin());
}

bool Connections::has_room_for(const Offer& offer) {
    if (!offer.tls || handshakes_.size() < handshakes_max_) return true;
    if (!handshakes_.back().stalls()) return false;
    handshakes_.pop_back();
    count_handshake(net::TlsOutcome::too_many);
    return true;
}

void Connections::count_handshake(net::TlsOutcome outcome) const noexcept {
    if (metrics_ != nullptr) metrics_->handshake(outcome);
}

void Connections::configure(const http::ServerOptions& options, const h2::ServerLimits& limits) {
    options_ = options;
    http2_ = limits.enabled;
    h1_.configure(options);
    h2_.configure(options, limits);
}

void Connections::drain() {
    plain_.clear();
    handshakes_.clear();
    h1_.drain();
    h2_.drain();
}

std::size_t Connections::size() const noexcept {
    return waiting_ + h1_.size() + h2_.size();
}

std::size_t Connections::busy() const noexcept {
    return h1_.busy() + h2_.busy();
}

}  // namespace penstock::app
