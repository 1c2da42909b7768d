// As much of HTTP/1.1 as the load tools need to talk to each other and to proxies: no checks, no
// allocation per message, one thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::bench {

/// Monotonic nanoseconds; the same clock in every process of the machine.
[[nodiscard]] inline std::uint64_t now_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(now.tv_nsec);
}

/// The value of a field in a head, without case; empty when it is not there.
[[nodiscard]] std::string_view field_value(std::string_view head, std::string_view name) noexcept;

/// The decimal number after `key` in `text`.
[[nodiscard]] std::optional<std::uint64_t> number_after(std::string_view text,
                                                        std::string_view key) noexcept;

/// Finds a message's end and hands its payload on.
class BodyReader {
public:
    /// For the message whose head this is. Without length or chunks it has no body.
    void start(std::string_view head) noexcept;

    /// Takes bytes off the front of `bytes`, up to the message's end, and appends their payload to
    /// `payload` unless that is null.
    void feed(std::string_view& bytes, std::string* payload);
    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }

private:
    enum class State : std::uint8_t { size, extension, data, data_end, last, done };
    void feed_line(char c) noexcept;

    State state_ = State::done;
    bool chunked_ = false;
    bool line_empty_ = true;  // of the trailer section's current line
    std::uint64_t left_ = 0;
};

/// Connected (or connecting) and listening sockets, non-blocking, TCP_NODELAY. Negative: `errno`
/// tells why.
[[nodiscard]] int connect_to(const std::string& host, std::uint16_t port) noexcept;
[[nodiscard]] int listen_on(const std::string& host, std::uint16_t port) noexcept;
void set_no_delay(int fd) noexcept;

/// "127.0.0.1:8000" in its parts; empty when it is none.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
[[nodiscard]] std::optional<HostPort> parse_address(std::string_view text);

}  // namespace penstock::bench
