#include "load.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <sys/epoll.h>
#include <unistd.h>

namespace penstock::bench {

namespace {

constexpr std::uint64_t k_failures_max = 2'000;  // in a row: the target is down
constexpr std::size_t k_buffer = 256 * 1024;

constexpr std::uint64_t nanos(double seconds) noexcept {
    return static_cast<std::uint64_t>(seconds * 1e9);
}

// Whoever waits for the line reads a pipe, which is not flushed by itself.
void say(const char* what, std::uint64_t count) {
    std::printf("%s %llu\n", what, static_cast<unsigned long long>(count));
    std::fflush(stdout);
}

}  // namespace

Load::Load(const LoadSettings& settings)
    : settings_{settings},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      prompts_{settings},
      buffer_(k_buffer) {
    chance_.seed(settings.target.port);
    if (settings.tls) tls_.emplace(settings.h2 > 0);
}

Load::~Load() {
    connections_.clear();
    ::close(epoll_);
}

Report Load::run() {
    const std::uint64_t start = now_ns();
    measured_from_ = start + nanos(settings_.warmup_seconds);
    ends_at_ = measured_from_ + nanos(settings_.seconds);
    next_arrival_ = start;
    open_more();
    std::array<epoll_event, 512> events{};
    for (std::uint64_t now = start;
         now < ends_at_ && failed_in_a_row_ < k_failures_max && !all_ended(); now = now_ns()) {
        release_due(now);
        flush();
        const std::int64_t wait = wait_time(now_ns());
        const timespec timeout{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
        const int count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                                         &timeout, nullptr);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            static_cast<Connection*>(event.data.ptr)->ready(event.events);
        }
    }
    return std::move(report_);
}

// By index: to send may end a connection, whose next one has something to send again.
void Load::flush() {
    for (std::size_t i = 0; i < unsent_.size(); ++i) unsent_[i]->flush();
    unsent_.clear();
}

bool Load::at_a_rate() const noexcept {
    return settings_.rate > 0 && !settings_.streams;
}

std::int64_t Load::wait_time(std::uint64_t now) const noexcept {
    const std::uint64_t until = at_a_rate() ? std::min(next_arrival_, ends_at_) : ends_at_;
    return until > now ? static_cast<std::int64_t>(until - now) : 0;
}

// At a rate, requests are due whether or not a place is free: their delay counts from then.
// The times between them are those of independent clients (exponential): two loads of the same even
// rate would keep one distance for a whole window, and the one that comes second would find the
// cores awake in all of it.
void Load::release_due(std::uint64_t now) {
    if (!at_a_rate()) return;
    for (; next_arrival_ <= now; next_arrival_ += nanos(until_next_(chance_) / settings_.rate)) {
        overdue_.push_back(next_arrival_);
    }
    while (!overdue_.empty() && !idle_.empty() && !all_begun()) begin_due(take_idle());
}

// Of HTTP/1.1 that used last. Of HTTP/2 that which has waited longest: few requests at a time would
// else all come over one connection.
Exchange& Load::take_idle() {
    Exchange* taken = settings_.h2 > 0 ? idle_.front() : idle_.back();
    if (settings_.h2 > 0) {
        idle_.pop_front();
    } else {
        idle_.pop_back();
    }
    return *taken;
}

void Load::begin_due(Exchange& exchange) {
    const std::uint64_t due = overdue_.front();
    overdue_.pop_front();
    begin(exchange, due);
}

void Load::open_more() {
    const std::size_t places = settings_.places();
    const std::uint64_t at_once =
        settings_.opening > 0 ? settings_.opening : settings_.connections * places;
    while (connections_.size() < settings_.connections &&
           connections_.size() * places < streaming_ + at_once) {
        connections_.push_back(settings_.h2 > 0 ? make_h2_connection(*this)
                                                : make_h1_connection(*this));
        connections_.back()->open();
    }
}

void Load::connect(Connection& connection, Channel& channel) {
    if (!channel.connect(settings_.target, tls_ ? &*tls_ : nullptr)) {
        ++report_.failed_connect;
        failed_in_a_row_ = k_failures_max;  // no socket or no such address: it will not get better
        return;
    }
    ++report_.connections;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLOUT;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, channel.fd(), &event);
}

void Load::watch(const Connection& connection, const Channel& channel, bool writable) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    if (writable) event.events |= EPOLLOUT;
    event.data.ptr = const_cast<Connection*>(&connection);
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, channel.fd(), &event);
}

void Load::failed_to_connect() {
    ++report_.failed_connect;
    ++failed_in_a_row_;
}

bool Load::all_begun() const noexcept {
    return settings_.requests > 0 && prompts_.count() >= settings_.requests;
}

bool Load::all_ended() const noexcept {
    return settings_.requests > 0 && ended_ >= settings_.requests;
}

void Load::give_work(Exchange& exchange) {
    if (all_begun()) return;
    if (!at_a_rate()) {
        begin(exchange, now_ns());
    } else if (!overdue_.empty()) {
        begin_due(exchange);
    } else {
        idle_.push_back(&exchange);
    }
}

void Load::withdraw(Exchange& exchange) {
    std::erase(idle_, &exchange);
}

void Load::begin(Exchange& exchange, std::uint64_t due) {
    exchange.busy = true;
    exchange.due = due;
    exchange.payload.clear();
    exchange.connection.begin(exchange);
}

std::uint64_t Load::received(std::size_t bytes) {
    const std::uint64_t now = now_ns();
    if (now >= measured_from_) report_.bytes += bytes;
    return now;
}

void Load::take_tokens(Exchange& exchange, std::uint64_t now) {
    constexpr std::string_view k_key = "\"ts\":\"";
    constexpr std::size_t k_stamp = k_key.size() + 20;
    std::string_view rest = exchange.payload;
    for (std::size_t at = rest.find(k_key);
         at != std::string_view::npos && at + k_stamp <= rest.size(); at = rest.find(k_key)) {
        const std::uint64_t stamp = number_after(rest.substr(at, k_stamp), k_key).value_or(now);
        rest.remove_prefix(at + k_stamp);
        note_token(exchange);
        if (stamp < measured_from_) continue;
        ++report_.tokens;
        report_.delays.add(now > stamp ? now - stamp : 0);
    }
    // What is left may be the beginning of a stamp, or of the stream's end.
    constexpr std::size_t k_kept = 64;
    const std::size_t pending = rest.find(k_key);
    const std::size_t from = std::min(pending, rest.size() - std::min(rest.size(), k_kept));
    exchange.payload.erase(0, exchange.payload.size() - rest.size() + from);
}

void Load::note_token(Exchange& exchange) {
    if (exchange.streaming) return;
    exchange.streaming = true;
    ++streaming_;
    const std::size_t all = settings_.connections * settings_.places();
    if (settings_.announce > 0 && streaming_ == all) say("streaming", streaming_);
    open_more();
}

void Load::ended(Exchange& exchange) {
    ++ended_;
    if (exchange.streaming) --streaming_;
    exchange.streaming = exchange.busy = false;
}

void Load::answered(Exchange& exchange, std::uint64_t now) {
    ended(exchange);
    const bool whole = !settings_.streams || exchange.payload.ends_with("data: [DONE]\n\n");
    if (!exchange.good_status || !whole) {
        ++(exchange.good_status ? report_.failed_end : report_.failed_status);
        ++failed_in_a_row_;
    } else {
        failed_in_a_row_ = 0;
        if ((settings_.streams ? now : exchange.due) >= measured_from_) {
            ++report_.requests;
            if (!settings_.streams) report_.delays.add(now - exchange.due);
        }
    }
    if (settings_.announce > 0 && !settings_.streams && ended_ % settings_.announce == 0) {
        say("answered", ended_);
    }
}

void Load::lost(Exchange& exchange, bool untouched) {
    ended(exchange);
    if (untouched) {
        ++report_.reused_closed;
        if (at_a_rate()) overdue_.push_front(exchange.due);
    } else {
        ++report_.failed_closed;
        ++failed_in_a_row_;
    }
}

}  // namespace penstock::bench
