// Leaving without dropping anybody: not ready, wait, stop accepting, wait for the streams.
#include "sd_notify.h"
#include "server.h"

namespace penstock::app {

namespace {

constexpr Millis k_look{50};

}  // namespace

void ProxyServer::shut_down() {
    if (std::exchange(draining_, true)) {
        log_.write(telemetry::LogLevel::warning, "ending at once");
        return drained();
    }
    sd_notify("STOPPING=1");
    const ServerConfig& server = source_.loaded.config.server;
    log_.write(telemetry::LogLevel::info, "draining",
               {{"delay_ms", static_cast<std::uint64_t>(server.drain_delay.count())},
                {"timeout_ms", static_cast<std::uint64_t>(server.drain_timeout.count())}});
    watch_.reset();
    discoveries_.clear();
    for (const auto& worker : workers_) worker->announce_drain();
    if (server.drain_delay > Millis{0}) {
        drain_timer_.set(server.drain_delay, drain_hook_);
    } else {
        begin_drain();
    }
}

void ProxyServer::begin_drain() {
    closed_ = true;
    drain_deadline_ = control_.now() + source_.loaded.config.server.drain_timeout;
    for (const auto& worker : workers_) worker->drain();
    check_drained();
}

void ProxyServer::check_drained() {
    answers_due_ = workers_.size();
    busy_left_ = 0;
    for (const auto& worker : workers_) {
        worker->count_left([this](std::size_t busy, std::size_t open) {
            control_.post([this, busy, open] {
                busy_left_ += busy + open;
                if (--answers_due_ > 0) return;
                if (busy_left_ == 0) return drained();
                if (control_.now() >= drain_deadline_) {
                    log_.write(telemetry::LogLevel::warning,
                               "streams were cut off at the end of the drain",
                               {{"connections", std::uint64_t{busy_left_}}});
                    return drained();
                }
                drain_timer_.set(k_look, check_hook_);
            });
        });
    }
}

void ProxyServer::drained() {
    log_.write(telemetry::LogLevel::info, "stopped");
    control_.stop();
}

}  // namespace penstock::app
