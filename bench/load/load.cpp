#include "load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace penstock::bench {

namespace {

constexpr std::size_t k_number_digits = 16;
constexpr std::uint64_t k_failures_max = 2'000;  // in a row: the target is down

// The prompt's end carries a number, so that no two requests are the same and yet share a prefix.
std::string make_body(const LoadSettings& settings, std::size_t prefix, std::size_t& number_at) {
    std::string body = R"({"model":"demo-model","stream":)";
    body += settings.streams ? "true" : "false";
    body += ",\"max_tokens\":" + std::to_string(settings.streams ? settings.tokens : 4);
    body += R"(,"messages":[{"role":"user","content":")";
    constexpr std::string_view k_end = "\"}]}";
    const std::string text = "Prompt " + std::to_string(prefix) + " of many words. ";
    while (body.size() + k_number_digits + k_end.size() < settings.body_bytes) {
        const std::size_t room = settings.body_bytes - body.size() - k_number_digits - k_end.size();
        body.append(text, 0, std::min(room, text.size()));
    }
    number_at = body.size();
    body.append(k_number_digits, '0');
    return body.append(k_end);
}

std::string make_request(const LoadSettings& settings, std::size_t prefix, std::size_t& number_at) {
    const std::string body = make_body(settings, prefix, number_at);
    std::string request =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: " + settings.target.host + ":" +
        std::to_string(settings.target.port) +
        "\r\nUser-Agent: penstock-bench\r\nAccept: application/json\r\n"
        "Authorization: Bearer sk-bench\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n";
    number_at += request.size();
    return request + body;
}

constexpr std::uint64_t nanos(double seconds) noexcept {
    return static_cast<std::uint64_t>(seconds * 1e9);
}

// Whoever waits for the line reads a pipe, which is not flushed by itself.
void say(const char* what, std::uint64_t count) {
    std::printf("%s %llu\n", what, static_cast<unsigned long long>(count));
    std::fflush(stdout);
}

}  // namespace

struct Load::Connection {
    int fd = -1;
    bool connecting = false;
    bool busy = false;
    bool used = false;      // has carried an answer before
    bool any_byte = false;  // of the answer under way
    bool in_body = false;
    bool streaming = false;  // has had a token of the stream under way
    std::uint64_t due = 0;   // when the request under way should have gone out
    std::string out;
    std::string head;
    std::string payload;  // of a stream: what may hold half a stamp
    BodyReader reader;
};

Load::Load(const LoadSettings& settings)
    : settings_{settings}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    chance_.seed(settings.target.port);
    // Numbers of equal width keep the place of the end the same in all.
    for (std::size_t prefix = 0; prefix < settings.prefixes; ++prefix) {
        requests_.push_back(make_request(settings, 10'000 + prefix, end_at_));
    }
}

Load::~Load() {
    for (const auto& connection : connections_) {
        if (connection->fd >= 0) ::close(connection->fd);
    }
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
        const std::int64_t wait = wait_time(now_ns());
        const timespec timeout{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
        const int count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                                         &timeout, nullptr);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            Connection& connection = *static_cast<Connection*>(event.data.ptr);
            if ((event.events & EPOLLOUT) != 0) writable(connection);
            if ((event.events & ~static_cast<unsigned>(EPOLLOUT)) != 0) readable(connection);
        }
    }
    return std::move(report_);
}

std::int64_t Load::wait_time(std::uint64_t now) const noexcept {
    const std::uint64_t until =
        settings_.rate > 0 && !settings_.streams ? std::min(next_arrival_, ends_at_) : ends_at_;
    return until > now ? static_cast<std::int64_t>(until - now) : 0;
}

// At a rate, requests are due whether or not a connection is free: their delay counts from then.
// The times between them are those of independent clients (exponential): two loads of the same even
// rate would keep one distance for a whole window, and the one that comes second would find the
// cores awake in all of it.
void Load::release_due(std::uint64_t now) {
    if (settings_.streams || settings_.rate <= 0) return;
    for (; next_arrival_ <= now; next_arrival_ += nanos(until_next_(chance_) / settings_.rate)) {
        overdue_.push_back(next_arrival_);
    }
    while (!overdue_.empty() && !idle_.empty() && !all_begun()) {
        Connection& connection = *idle_.back();
        idle_.pop_back();
        const std::uint64_t due = overdue_.front();
        overdue_.pop_front();
        begin(connection, due);
    }
}

void Load::open_more() {
    const std::uint64_t at_once = settings_.opening > 0 ? settings_.opening : settings_.connections;
    while (connections_.size() < settings_.connections &&
           connections_.size() < streaming_ + at_once) {
        connections_.push_back(std::make_unique<Connection>());
        open(*connections_.back());
    }
}

void Load::open(Connection& connection) {
    connection = Connection{};
    connection.fd = connect_to(settings_.target.host, settings_.target.port);
    if (connection.fd < 0) {
        ++report_.failed_connect;
        failed_in_a_row_ = k_failures_max;  // no socket or no such address: it will not get better
        return;
    }
    ++report_.connections;
    connection.connecting = true;
    watch(connection, true, true);
}

void Load::reopen(Connection& connection) {
    ::close(connection.fd);
    std::erase(idle_, &connection);
    open(connection);
}

void Load::watch(const Connection& connection, bool writable, bool fresh) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    if (writable) event.events |= EPOLLOUT;
    event.data.ptr = const_cast<Connection*>(&connection);
    ::epoll_ctl(epoll_, fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection.fd, &event);
}

bool Load::all_begun() const noexcept {
    return settings_.requests > 0 && sequence_ >= settings_.requests;
}

bool Load::all_ended() const noexcept {
    return settings_.requests > 0 && ended_ >= settings_.requests;
}

void Load::give_work(Connection& connection) {
    if (all_begun()) return;
    if (settings_.streams || settings_.rate <= 0) {
        begin(connection, now_ns());
    } else if (!overdue_.empty()) {
        const std::uint64_t due = overdue_.front();
        overdue_.pop_front();
        begin(connection, due);
    } else {
        idle_.push_back(&connection);
    }
}

void Load::begin(Connection& connection, std::uint64_t due) {
    std::string& request = requests_[sequence_ % requests_.size()];
    std::array<char, k_number_digits + 1> number;
    std::snprintf(number.data(), number.size(), "%0*llu", static_cast<int>(k_number_digits),
                  static_cast<unsigned long long>(++sequence_));
    request.replace(end_at_, k_number_digits, number.data(), k_number_digits);
    connection.busy = true;
    connection.any_byte = false;
    connection.due = due;
    connection.head.clear();
    connection.payload.clear();
    const ssize_t sent = ::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL);
    const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (taken == request.size()) return;
    // An error shows in the next read.
    connection.out.assign(request, taken);
    watch(connection, true, false);
}

void Load::writable(Connection& connection) {
    if (connection.connecting) {
        int error = 0;
        socklen_t size = sizeof(error);
        ::getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return;  // the hang-up that comes with it is counted
        connection.connecting = false;
        watch(connection, false, false);
        give_work(connection);
        return;
    }
    const ssize_t sent =
        ::send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent > 0) connection.out.erase(0, static_cast<std::size_t>(sent));
    if (connection.out.empty()) watch(connection, false, false);
}

void Load::readable(Connection& connection) {
    static std::array<char, 256 * 1024> buffer;
    const ssize_t count = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        closed(connection);
        return;
    }
    const std::uint64_t now = now_ns();
    if (now >= measured_from_) report_.bytes += static_cast<std::uint64_t>(count);
    take(connection, {buffer.data(), static_cast<std::size_t>(count)}, now);
}

void Load::closed(Connection& connection) {
    const std::uint64_t due = connection.due;
    bool again = false;
    if (connection.busy) ended(connection);
    if (connection.connecting) {
        ++report_.failed_connect;
        ++failed_in_a_row_;
    } else if (connection.busy && connection.used && !connection.any_byte) {
        ++report_.reused_closed;
        again = true;
    } else if (connection.busy) {
        ++report_.failed_closed;
        ++failed_in_a_row_;
    }
    reopen(connection);
    if (again && settings_.rate > 0 && !settings_.streams) overdue_.push_front(due);
}

void Load::take(Connection& connection, std::string_view bytes, std::uint64_t now) {
    connection.any_byte = true;
    if (!connection.in_body && !take_head(connection, bytes)) return;
    connection.reader.feed(bytes, settings_.streams ? &connection.payload : nullptr);
    if (settings_.streams) take_tokens(connection, now);
    if (connection.reader.done()) answered(connection, now);
}

// True: the head is complete, and gone from `bytes`.
bool Load::take_head(Connection& connection, std::string_view& bytes) {
    const std::size_t before = connection.head.size();
    connection.head.append(bytes);
    const std::size_t end = connection.head.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    bytes.remove_prefix(end + 4 - before);
    connection.head.resize(end + 2);
    connection.reader.start(connection.head);
    connection.in_body = true;
    return true;
}

void Load::take_tokens(Connection& connection, std::uint64_t now) {
    constexpr std::string_view k_key = "\"ts\":\"";
    constexpr std::size_t k_stamp = k_key.size() + 20;
    std::string_view rest = connection.payload;
    for (std::size_t at = rest.find(k_key);
         at != std::string_view::npos && at + k_stamp <= rest.size(); at = rest.find(k_key)) {
        const std::uint64_t stamp = number_after(rest.substr(at, k_stamp), k_key).value_or(now);
        rest.remove_prefix(at + k_stamp);
        note_token(connection);
        if (stamp < measured_from_) continue;
        ++report_.tokens;
        report_.delays.add(now > stamp ? now - stamp : 0);
    }
    // What is left may be the beginning of a stamp, or of the stream's end.
    constexpr std::size_t k_kept = 64;
    const std::size_t pending = rest.find(k_key);
    const std::size_t from = std::min(pending, rest.size() - std::min(rest.size(), k_kept));
    connection.payload.erase(0, connection.payload.size() - rest.size() + from);
}

void Load::note_token(Connection& connection) {
    if (connection.streaming) return;
    connection.streaming = true;
    ++streaming_;
    if (settings_.announce > 0 && streaming_ == settings_.connections) say("streaming", streaming_);
    open_more();
}

void Load::ended(Connection& connection) {
    ++ended_;
    if (connection.streaming) --streaming_;
    connection.streaming = false;
}

void Load::answered(Connection& connection, std::uint64_t now) {
    ended(connection);
    const bool good = std::string_view{connection.head}.substr(9, 3) == "200";
    const bool whole = !settings_.streams || connection.payload.ends_with("data: [DONE]\n\n");
    if (!good || !whole) {
        ++(good ? report_.failed_end : report_.failed_status);
        ++failed_in_a_row_;
    } else {
        failed_in_a_row_ = 0;
        if ((settings_.streams ? now : connection.due) >= measured_from_) {
            ++report_.requests;
            if (!settings_.streams) report_.delays.add(now - connection.due);
        }
    }
    if (settings_.announce > 0 && !settings_.streams && ended_ % settings_.announce == 0) {
        say("answered", ended_);
    }
    connection.used = true;
    connection.busy = connection.in_body = false;
    const bool last = field_value(connection.head, "connection") == "close";
    if (last) {
        reopen(connection);
    } else {
        give_work(connection);
    }
}

}  // namespace penstock::bench
