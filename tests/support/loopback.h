// Sockets that a test reads and writes by hand, without a loop of their own: what arrived is looked
// at between two turns of the loop under test.
#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace penstock::support {

/// One end of a connection.
class Peer {
public:
    explicit Peer(int fd) : fd_{fd} { ::fcntl(fd_, F_SETFL, O_NONBLOCK); }
    ~Peer() { close(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// Sends at once what the kernel takes, the rest at the next `poll`.
    void send(std::string_view bytes) {
        unsent_.append(bytes);
        poll_writes();
    }
    /// Reads what has come, unless reading is off.
    void poll() {
        poll_writes();
        char space[16 * 1024];
        while (open() && reading_) {
            const ssize_t count = ::recv(fd_, space, sizeof space, 0);
            if (count > 0) {
                got_.append(space, static_cast<std::size_t>(count));
                continue;
            }
            if (count < 0 && errno == EAGAIN) return;
            reset_ = count < 0;
            gone_ = true;
            return;
        }
    }
    void stop_reading() { reading_ = false; }
    void go_on_reading() { reading_ = true; }
    void close() {
        if (open()) ::close(std::exchange(fd_, -1));
    }
    /// Closes with RST instead of FIN.
    void abort() {
        const linger at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }

    [[nodiscard]] bool open() const { return fd_ >= 0; }
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] const std::string& got() const { return got_; }
    [[nodiscard]] bool got(std::string_view text) const {
        return got_.find(text) != std::string::npos;
    }
    void forget_got() { got_.clear(); }
    /// The other side has closed (`reset`: with RST).
    [[nodiscard]] bool gone() const { return gone_; }
    [[nodiscard]] bool reset() const { return reset_; }

private:
    void poll_writes() {
        if (!open() || unsent_.empty()) return;
        const ssize_t count = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (count > 0) unsent_.erase(0, static_cast<std::size_t>(count));
    }

    int fd_;
    std::string got_;
    std::string unsent_;
    bool reading_ = true;
    bool gone_ = false;
    bool reset_ = false;
};

/// An engine on loopback: accepts at each `poll`, answers by script, or by hand where there is
/// none.
class Engine {
public:
    /// Gets the request's head and body, gives the bytes of the answer; empty: silence.
    using Script = std::function<std::string(const std::string& request)>;

    Engine() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        ::bind(listener_, generic, length);
        ::listen(listener_, 64);
        ::getsockname(listener_, generic, &length);
        port_ = ntohs(address.sin_port);
    }
    ~Engine() { refuse(); }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    void answer_with(Script script) { script_ = std::move(script); }
    void answer_with(std::string bytes) {
        script_ = [bytes = std::move(bytes)](const std::string&) { return bytes; };
    }
    /// Connecting is refused from now on.
    void refuse() {
        if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    }

    void poll() {
        for (int fd = -1; listener_ >= 0 && (fd = ::accept(listener_, nullptr, nullptr)) >= 0;) {
            peers_.push_back(std::make_unique<Peer>(fd));
            answered_.push_back(0);
        }
        for (std::size_t i = 0; i < peers_.size(); ++i) {
            peers_[i]->poll();
            serve(i);
        }
    }

    [[nodiscard]] std::size_t connections() const { return peers_.size(); }
    /// The connection accepted as number `index`.
    [[nodiscard]] Peer& operator[](std::size_t index) { return *peers_[index]; }
    /// Whole requests, in order of their ends.
    [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

private:
    void serve(std::size_t index) {
        Peer& peer = *peers_[index];
        std::string_view rest = std::string_view{peer.got()}.substr(answered_[index]);
        const std::size_t head = rest.find("\r\n\r\n");
        if (head == std::string_view::npos) return;
        const std::size_t at = rest.substr(0, head).find("Content-Length: ");
        const std::size_t body =
            at == std::string_view::npos ? 0 : std::stoul(std::string{rest.substr(at + 16, 12)});
        if (rest.size() < head + 4 + body) return;
        requests_.emplace_back(rest.substr(0, head + 4 + body));
        answered_[index] += head + 4 + body;
        if (!script_) return;
        const std::string answer = script_(requests_.back());
        if (!answer.empty()) peer.send(answer);
    }

    int listener_ = -1;
    std::uint16_t port_ = 0;
    Script script_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<std::size_t> answered_;  // bytes of each connection that are dealt with
    std::vector<std::string> requests_;
};

/// A whole answer with Content-Length.
[[nodiscard]] inline std::string answer(int status, std::string_view body,
                                        std::string_view fields = "") {
    std::string text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
    text.append(fields).append("Content-Length: ").append(std::to_string(body.size()));
    return text.append("\r\n\r\n").append(body);
}

inline constexpr std::string_view k_event_stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

[[nodiscard]] inline std::string chunk(std::string_view payload) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
    return std::string{size}.append(payload).append("\r\n");
}

}  // namespace penstock::support
