// A raw engine for duels between proxies: one thread, no model, as little CPU as can be.
//
//     bench_engine HOST:PORT [--tokens N] [--interval-ms N]
//
// POST to any path: a streamed answer ("stream":true in the body) has a token each interval,
// "max_tokens" of them, each chunk stamped with the monotonic clock ("ts":"<ns>"); any other is one
// small document. GET /metrics, /health and /v1/models are what a poller expects of vLLM.
#include <array>
#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "wire.h"

namespace penstock::bench {
namespace {

constexpr std::string_view k_stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view k_stream_end = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
constexpr std::string_view k_document =
    R"({"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,)"
    R"("model":"demo-model","choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"A small answer."},"logprobs":null,"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":512,"total_tokens":516,"completion_tokens":4}})";
constexpr std::string_view k_models =
    R"({"object":"list","data":[{"id":"demo-model","object":"model","created":1700000000,)"
    R"("owned_by":"vllm","root":"demo-model","parent":null,"max_model_len":131072}]})";

struct Settings {
    HostPort address;
    std::uint64_t tokens = 500;
    std::uint64_t interval_ms = 20;
};

struct Connection {
    int fd = -1;
    std::string in;    // what came of the next request
    std::string out;   // what the kernel did not take
    std::string body;  // of the request, as far as it is looked at
    std::string head;
    BodyReader reader;
    bool in_body = false;
    std::uint64_t tokens_left = 0;
    std::size_t slot = 0;  // of the wheel, while streaming
    std::size_t place = 0;
};

class Engine {
public:
    explicit Engine(const Settings& settings) : settings_{settings}, wheel_(settings.interval_ms) {}

    int run();

private:
    bool open();
    void accept_all();
    void readable(Connection& connection);
    bool take_request(Connection& connection);
    void answer(Connection& connection);
    void answer_document(Connection& connection, std::string_view type, std::string_view body);
    void start_stream(Connection& connection);
    void leave_wheel(Connection& connection);
    void tick();
    void send_token(Connection& connection);
    void send(Connection& connection, std::string_view bytes);
    void watch(const Connection& connection, bool writable) const;
    void close(Connection& connection);
    void bury();
    [[nodiscard]] std::string metrics() const;

    Settings settings_;
    int epoll_ = -1;
    int listener_ = -1;
    int timer_ = -1;
    std::vector<std::unique_ptr<Connection>> by_fd_;
    std::vector<std::unique_ptr<Connection>> dead_;  // until no event of this round can name them
    std::vector<std::vector<Connection*>> wheel_;    // a slot each millisecond of the interval
    std::size_t now_slot_ = 0;
    std::size_t next_slot_ = 0;
    std::minstd_rand chance_;
    std::uint64_t streaming_ = 0;
};

bool Engine::open() {
    listener_ = listen_on(settings_.address.host, settings_.address.port);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (listener_ < 0 || epoll_ < 0 || timer_ < 0) return false;
    constexpr long k_millisecond = 1'000'000;
    itimerspec every{};
    every.it_interval.tv_nsec = every.it_value.tv_nsec = k_millisecond;
    ::timerfd_settime(timer_, 0, &every, nullptr);
    for (const int fd : {listener_, timer_}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return false;
    }
    return true;
}

int Engine::run() {
    if (!open()) {
        std::fprintf(stderr, "bench_engine: %s\n", std::strerror(errno));
        return 1;
    }
    std::array<epoll_event, 512> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            const int fd = event.data.fd;
            if (fd == listener_) {
                accept_all();
            } else if (fd == timer_) {
                tick();
            } else if (Connection* connection = by_fd_[static_cast<std::size_t>(fd)].get()) {
                if ((event.events & EPOLLOUT) != 0) send(*connection, {});
                if ((event.events & ~static_cast<unsigned>(EPOLLOUT)) != 0 && connection->fd >= 0) {
                    readable(*connection);
                }
            }
        }
        bury();
    }
}

void Engine::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        set_no_delay(fd);
        const auto index = static_cast<std::size_t>(fd);
        if (by_fd_.size() <= index) by_fd_.resize(index + 1);
        by_fd_[index] = std::make_unique<Connection>();
        by_fd_[index]->fd = fd;
        epoll_event event{};
        event.events = EPOLLIN | EPOLLRDHUP;
        event.data.fd = fd;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
}

void Engine::readable(Connection& connection) {
    std::array<char, 64 * 1024> buffer;
    const ssize_t count = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        close(connection);
        return;
    }
    connection.in.append(buffer.data(), static_cast<std::size_t>(count));
    while (connection.fd >= 0 && connection.tokens_left == 0 && take_request(connection)) {
        answer(connection);
    }
}

// True: a whole request is in `head` and `body`.
bool Engine::take_request(Connection& connection) {
    if (!connection.in_body) {
        const std::size_t end = connection.in.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        connection.head.assign(connection.in, 0, end + 2);
        connection.in.erase(0, end + 4);
        connection.body.clear();
        connection.reader.start(connection.head);
        connection.in_body = true;
    }
    std::string_view rest = connection.in;
    connection.reader.feed(rest, &connection.body);
    connection.in.erase(0, connection.in.size() - rest.size());
    if (!connection.reader.done()) return false;
    connection.in_body = false;
    return true;
}

void Engine::answer(Connection& connection) {
    const std::string_view head = connection.head;
    if (head.starts_with("POST ")) {
        const bool streamed = connection.body.find(R"("stream":true)") != std::string::npos ||
                              connection.body.find(R"("stream": true)") != std::string::npos;
        if (streamed) {
            start_stream(connection);
        } else {
            answer_document(connection, "application/json", k_document);
        }
    } else if (head.starts_with("GET /metrics")) {
        answer_document(connection, "text/plain; version=0.0.4; charset=utf-8", metrics());
    } else if (head.starts_with("GET /v1/models")) {
        answer_document(connection, "application/json", k_models);
    } else {
        answer_document(connection, "text/plain", {});
    }
}

void Engine::answer_document(Connection& connection, std::string_view type, std::string_view body) {
    std::string answer{"HTTP/1.1 200 OK\r\nContent-Type: "};
    answer.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
    answer.append("\r\n\r\n").append(body);
    send(connection, answer);
}

std::string Engine::metrics() const {
    constexpr const char* k_labels = "{engine=\"0\",model_name=\"demo-model\"} ";
    std::string page = "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running";
    page.append(k_labels).append(std::to_string(streaming_));
    page.append(".0\n# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting");
    page.append(k_labels).append("0.0\n# TYPE vllm:kv_cache_usage_perc gauge\n");
    page.append("vllm:kv_cache_usage_perc").append(k_labels).append("0.1\n");
    page.append("# TYPE vllm:cache_config_info gauge\nvllm:cache_config_info{block_size=\"16\",");
    page.append("engine=\"0\",num_gpu_blocks=\"32768\"} 1.0\n");
    return page;
}

/// The number that ends a prompt of the load's, or nothing.
std::optional<std::uint64_t> last_number(std::string_view body) {
    const std::size_t last = body.find_last_of("0123456789");
    if (last == std::string_view::npos) return std::nullopt;
    const std::size_t before = body.find_last_not_of("0123456789", last);
    std::uint64_t number = 0;
    for (const char digit : body.substr(before + 1, last - before)) {
        number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return number;
}

// Streams are spread evenly over the interval, so that no millisecond has more work than another.
// By the number of the request where it has one: two proxies side by side then have the same share
// of each millisecond, whatever order their requests came in.
void Engine::start_stream(Connection& connection) {
    connection.tokens_left =
        number_after(connection.body, "\"max_tokens\":").value_or(settings_.tokens);
    if (connection.tokens_left == 0) connection.tokens_left = 1;
    connection.slot = last_number(connection.body).value_or(next_slot_++) % wheel_.size();
    std::vector<Connection*>& slot = wheel_[connection.slot];
    connection.place = slot.size();
    slot.push_back(&connection);
    // Anywhere among the others: who always comes first pays for waking, who comes last does not.
    Connection& other = *slot[chance_() % slot.size()];
    std::swap(slot[connection.place], slot[other.place]);
    std::swap(connection.place, other.place);
    ++streaming_;
    send(connection, k_stream_head);
}

void Engine::leave_wheel(Connection& connection) {
    std::vector<Connection*>& slot = wheel_[connection.slot];
    slot[connection.place] = slot.back();
    slot[connection.place]->place = connection.place;
    slot.pop_back();
    connection.tokens_left = 0;
    --streaming_;
}

// After a pause each missed millisecond is made up for.
void Engine::tick() {
    std::uint64_t expired = 0;
    if (::read(timer_, &expired, sizeof(expired)) != sizeof(expired)) return;
    for (; expired > 0; --expired) {
        now_slot_ = (now_slot_ + 1) % wheel_.size();
        // Backwards: a stream that ends is replaced by the slot's last.
        for (std::size_t i = wheel_[now_slot_].size(); i > 0; --i) {
            send_token(*wheel_[now_slot_][i - 1]);
        }
    }
}

void Engine::send_token(Connection& connection) {
    std::array<char, 320> event;
    const int length = std::snprintf(
        event.data(), event.size(),
        R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,)"
        R"("model":"demo-model","choices":[{"index":0,"delta":{"content":" token"},)"
        R"("logprobs":null,"finish_reason":null}],"ts":"%020)" PRIu64 "\"}\n\n",
        now_ns());
    std::array<char, 400> chunk;
    const int size = std::snprintf(chunk.data(), chunk.size(), "%x\r\n%.*s\r\n",
                                   static_cast<unsigned>(length), length, event.data());
    const bool last = connection.tokens_left == 1;
    if (last) {
        leave_wheel(connection);
    } else {
        --connection.tokens_left;
    }
    send(connection, {chunk.data(), static_cast<std::size_t>(size)});
    if (!last || connection.fd < 0) return;
    send(connection, k_stream_end);
    while (connection.fd >= 0 && connection.tokens_left == 0 && take_request(connection)) {
        answer(connection);
    }
}

void Engine::send(Connection& connection, std::string_view bytes) {
    const bool waited = !connection.out.empty();
    if (waited) {
        connection.out.append(bytes);
        bytes = connection.out;
    }
    const ssize_t sent = ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        close(connection);
        return;
    }
    const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (waited) {
        connection.out.erase(0, taken);
    } else {
        connection.out.assign(bytes.substr(taken));
    }
    if (waited != !connection.out.empty()) watch(connection, !connection.out.empty());
}

void Engine::watch(const Connection& connection, bool writable) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    if (writable) event.events |= EPOLLOUT;
    event.data.fd = connection.fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Engine::close(Connection& connection) {
    if (connection.tokens_left > 0) leave_wheel(connection);
    const auto index = static_cast<std::size_t>(connection.fd);
    ::close(connection.fd);
    connection.fd = -1;
    dead_.push_back(std::move(by_fd_[index]));
}

void Engine::bury() {
    dead_.clear();
}

int parse(int argc, char** argv, Settings& settings) {
    const std::optional<HostPort> address = argc > 1 ? parse_address(argv[1]) : std::nullopt;
    bool good = address.has_value() && argc % 2 == 0;
    if (good) settings.address = *address;
    for (int i = 2; good && i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::optional<std::uint64_t> value = number_after(argv[i + 1], "");
        good = value.has_value() && *value > 0;
        if (good && name == "--tokens") {
            settings.tokens = *value;
        } else if (good && name == "--interval-ms") {
            settings.interval_ms = *value;
        } else {
            good = false;
        }
    }
    if (good) return 0;
    std::fprintf(stderr, "usage: bench_engine HOST:PORT [--tokens N] [--interval-ms N]\n");
    return 2;
}

}  // namespace
}  // namespace penstock::bench

int main(int argc, char** argv) {
    penstock::bench::Settings settings;
    if (const int bad = penstock::bench::parse(argc, argv, settings); bad != 0) return bad;
    return penstock::bench::Engine{settings}.run();
}
