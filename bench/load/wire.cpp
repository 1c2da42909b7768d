#include "wire.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace penstock::bench {

namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

unsigned hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char letter = lower(c);
    return letter >= 'a' && letter <= 'f' ? static_cast<unsigned>(letter - 'a') + 10 : 16;
}

int new_socket() noexcept {
    return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool fill(sockaddr_in& address, const std::string& host, std::uint16_t port) noexcept {
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    return ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1;
}

}  // namespace

std::string_view field_value(std::string_view head, std::string_view name) noexcept {
    std::size_t line = head.find("\r\n");
    while (line != std::string_view::npos && line + 2 < head.size()) {
        const std::size_t start = line + 2;
        line = head.find("\r\n", start);
        const std::string_view field = head.substr(start, line - start);
        const std::size_t colon = field.find(':');
        if (colon == std::string_view::npos || !same(field.substr(0, colon), name)) continue;
        std::string_view value = field.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        return value;
    }
    return {};
}

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key) noexcept {
    std::size_t at = text.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    at += key.size();
    while (at < text.size() && text[at] == ' ') ++at;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
}

void BodyReader::start(std::string_view head) noexcept {
    const std::string_view length = field_value(head, "content-length");
    chunked_ = same(field_value(head, "transfer-encoding"), "chunked");
    left_ = 0;
    if (!chunked_) std::from_chars(length.data(), length.data() + length.size(), left_);
    if (chunked_) {
        state_ = State::size;
    } else {
        state_ = left_ > 0 ? State::data : State::done;
    }
}

void BodyReader::feed_line(char c) noexcept {
    switch (state_) {
        case State::size:
            if (const unsigned digit = hex_digit(c); digit < 16) {
                left_ = left_ * 16 + digit;
                return;
            }
            state_ = State::extension;
            [[fallthrough]];
        case State::extension:
            if (c != '\n') return;
            state_ = left_ > 0 ? State::data : State::last;
            line_empty_ = true;
            return;
        case State::data_end:
            if (c == '\n') state_ = State::size;
            return;
        case State::last:
            if (c == '\n') {
                if (line_empty_) state_ = State::done;
                line_empty_ = true;
            } else if (c != '\r') {
                line_empty_ = false;
            }
            return;
        case State::data:
        case State::done:
            return;
    }
}

void BodyReader::feed(std::string_view& bytes, std::string* payload) {
    while (!bytes.empty() && state_ != State::done) {
        if (state_ != State::data) {
            feed_line(bytes.front());
            bytes.remove_prefix(1);
            continue;
        }
        const std::size_t taken = std::min<std::uint64_t>(left_, bytes.size());
        if (payload != nullptr) payload->append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        left_ -= taken;
        if (left_ == 0) state_ = chunked_ ? State::data_end : State::done;
    }
}

int connect_to(const std::string& host, std::uint16_t port) noexcept {
    sockaddr_in address{};
    const int fd = new_socket();
    if (fd < 0) return fd;
    const bool known = fill(address, host, port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (!known || (::connect(fd, generic, sizeof(address)) != 0 && errno != EINPROGRESS)) {
        ::close(fd);
        return -1;
    }
    set_no_delay(fd);
    return fd;
}

int listen_on(const std::string& host, std::uint16_t port) noexcept {
    sockaddr_in address{};
    const int fd = new_socket();
    if (fd < 0) return fd;
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    constexpr int k_backlog = 4'096;
    if (!fill(address, host, port) || ::bind(fd, generic, sizeof(address)) != 0 ||
        ::listen(fd, k_backlog) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

void set_no_delay(int fd) noexcept {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

std::optional<HostPort> parse_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::optional<std::uint64_t> port = number_after(text, text.substr(colon, 1));
    if (!port || *port == 0 || *port > 65'535) return std::nullopt;
    return HostPort{.host = std::string{text.substr(0, colon)},
                    .port = static_cast<std::uint16_t>(*port)};
}

}  // namespace penstock::bench
