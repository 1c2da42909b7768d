#include "h2_list.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "age.h"
#include "penstock/net/await.h"

namespace penstock::upstream {

namespace {

constexpr int k_dials_max = 3;  // for one request, of connections that stand and have no room

}  // namespace

std::size_t H2List::Dial::places_taken() const noexcept {
    return waiting.size() + (connection != nullptr ? connection->streams() : 0);
}

void H2List::Dial::end(std::optional<Error> why) noexcept {
    connection = nullptr;
    failed = std::move(why);
    done = true;
    waiting.wake_all();
}

std::unique_ptr<http::ClientStream> H2List::join(const fleet::BackendTls& tls) {
    for (const Kept& each : kept_) {
        if (each.made_with == tls && each.connection->has_room()) return each.connection->open();
    }
    return nullptr;
}

std::unique_ptr<http::ClientStream> H2List::adopt(net::Transport transport,
                                                  const fleet::Backend& backend) {
    h2::ClientConnection& connection = begin(std::move(transport), backend);
    return connection.has_room() ? connection.open() : nullptr;
}

// An engine that does not greet in time is busy, if it is there: it gets the others all the same.
Task<Result<std::unique_ptr<http::ClientStream>>> H2List::connect(const fleet::Backend& backend,
                                                                  TimePoint until) {
    const TimePoint stands_by = dialer_.deadline(until);
    for (int dials = 0; dials < k_dials_max; ++dials) {
        if (std::unique_ptr<http::ClientStream> stream = join(backend.tls))
            co_return std::move(stream);
        const std::shared_ptr<Dial> dial = dial_with_place(backend);
        WaitList::Place place{dial->waiting};
        while (!dial->done) {
            // It stands: one may go before the engine has greeted.
            if (dial->connection != nullptr && dial->connection->has_room())
                co_return dial->connection->open();
            const bool stands = dial->connection != nullptr;
            const TimePoint wait_until = stands ? std::min(until, dial->until) : stands_by;
            if (loop_.now() >= wait_until) {
                if (!stands || wait_until == until) co_return ErrorCode::connect_timeout;
                dial->connection->presume_greeted();
                dial->end();
                break;
            }
            static_cast<void>(
                co_await net::within(loop_, net::time_left(loop_, wait_until),
                                     [&place](Waiter* waiter) noexcept { place.set(waiter); }));
        }
        if (dial->failed) co_return *dial->failed;
    }
    if (std::unique_ptr<http::ClientStream> stream = join(backend.tls)) co_return std::move(stream);
    co_return Error{ErrorCode::connect_failed, "the backend's connections take no stream"};
}

// As many may wait for it as it will carry.
std::shared_ptr<H2List::Dial> H2List::dial_with_place(const fleet::Backend& backend) {
    std::erase_if(dials_, [](const auto& each) { return each->done; });
    const std::size_t places = places_on_one(backend);
    for (const std::shared_ptr<Dial>& each : dials_) {
        if (each->places_taken() < places && each->backend == backend) return each;
    }
    auto dial = std::make_shared<Dial>(loop_, backend, dialer_.deadline(TimePoint::max()));
    dials_.push_back(dial);
    dial->task = run(*dial);
    dial->task.start([](void*) {}, nullptr);
    return dial;
}

// What the connections that are there have said or shown of the engine holds for the next one.
std::size_t H2List::places_on_one(const fleet::Backend& backend) const noexcept {
    std::uint32_t most = backend.http2_streams;
    for (const Kept& each : kept_) {
        if (!each.connection->closing()) most = std::min(most, each.connection->takes());
    }
    return std::max(most, 1U);
}

Task<void> H2List::run(Dial& dial) {
    try {
        Dialer::Connected connected = co_await dialer_.dial(dial.backend, TimePoint::max());
        if (!connected) {
            dial.end(connected.error());
        } else if ((*connected)->encrypted() && (*connected)->alpn() != "h2") {
            metrics_.change(telemetry::Gauge::upstream_connections_open, -1);
            dial.end(Error{ErrorCode::tls_handshake_failed,
                           "the backend does not choose HTTP/2 by ALPN"});
        } else {
            dial.connection = &begin(std::move(**connected), dial.backend);
            dial.waiting.wake_all();
        }
    } catch (const std::exception& error) {  // no memory: the next may have more luck
        dial.end(Error{ErrorCode::connect_failed, error.what()});
    }
}

h2::ClientConnection& H2List::begin(net::Transport transport, const fleet::Backend& backend) {
    const h2::ClientOptions options{.streams = backend.http2_streams,
                                    .encrypted = transport.encrypted(),
                                    .ping_after = options_.ping_after,
                                    .ping_timeout = options_.ping_timeout};
    auto connection = std::make_unique<h2::ClientConnection>(loop_, std::move(transport), options,
                                                             *this, scratch_.h2);
    h2::ClientConnection& made = *connection;
    kept_.push_back(
        {.connection = std::move(connection),
         .made_with = backend.tls,
         .takes_until = takes_until(loop_.coarse_now(), options_.max_age, scratch_.rng)});
    set_idle(kept_.back(), true);
    made.start();
    return made;
}

void H2List::expire(TimePoint since) {
    const TimePoint now = loop_.coarse_now();
    for (Kept& each : kept_) {
        const bool unused = each.idle && each.idle_since < since;
        if (!unused && now < each.takes_until) continue;
        set_idle(each, false);
        each.connection->close();
    }
}

void H2List::retire() {
    for (Kept& each : kept_) {
        set_idle(each, false);
        each.connection->close();
    }
    // The slot's next owner has another address.
    for (const std::shared_ptr<Dial>& dial : dials_) {
        if (dial->done) continue;
        dial->task = {};
        dial->end(Error{ErrorCode::connect_failed, "the backend has left"});
    }
    dials_.clear();
}

void H2List::greeted(h2::ClientConnection& connection) noexcept {
    end_dial(connection, {});
}

void H2List::end_dial(const h2::ClientConnection& connection, std::optional<Error> why) noexcept {
    for (const std::shared_ptr<Dial>& each : dials_) {
        if (each->connection == &connection) return each->end(std::move(why));
    }
}

void H2List::idle_changed(h2::ClientConnection& connection) noexcept {
    const auto kept = find(connection);
    if (kept != kept_.end()) set_idle(*kept, connection.streams() == 0 && !connection.closing());
}

void H2List::ended(h2::ClientConnection& connection) noexcept {
    const auto kept = find(connection);
    if (kept == kept_.end()) return;
    set_idle(*kept, false);
    end_dial(connection, connection.certificate_refused() ? ErrorCode::tls_handshake_failed
                                                          : ErrorCode::connect_failed);
    if (const auto refusal = connection.refusal()) metrics_.upstream_refused(*refusal);
    metrics_.change(telemetry::Gauge::upstream_connections_open, -1);
    kept_.erase(kept);
}

std::vector<H2List::Kept>::iterator H2List::find(const h2::ClientConnection& connection) noexcept {
    return std::find_if(kept_.begin(), kept_.end(),
                        [&](const Kept& each) { return each.connection.get() == &connection; });
}

void H2List::set_idle(Kept& kept, bool idle) noexcept {
    if (idle) kept.idle_since = loop_.coarse_now();
    if (std::exchange(kept.idle, idle) == idle) return;
    metrics_.change(telemetry::Gauge::upstream_connections_idle, idle ? 1 : -1);
}

}  // namespace penstock::upstream
