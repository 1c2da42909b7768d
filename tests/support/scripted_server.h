// A tiny HTTP server that answers by script, for tests: loopback, a port of the system's choice, on
// the test's own io_context.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace penstock::test {

/// What a request is answered with.
struct Reply {
    std::string bytes;   // as they go out; empty: silence
    bool close = false;  // after the bytes
};

/// A whole answer with Content-Length.
[[nodiscard]] inline Reply answer(int status, std::string_view body, std::string_view fields = "") {
    std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
    bytes.append(fields);
    bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    bytes.append(body);
    return {.bytes = std::move(bytes)};
}

class ScriptedServer {
public:
    /// One request as it came: its head with the empty line, its body, the connection's number
    /// (from 0).
    struct Request {
        std::string head;
        std::string body;
        std::size_t connection = 0;
        /// "GET /metrics"
        [[nodiscard]] std::string what() const { return head.substr(0, head.find(" HTTP/")); }
    };
    using Script = std::function<Reply(const Request&)>;

    ScriptedServer(boost::asio::io_context& io, Script script)
        : script_{std::move(script)}, acceptor_{io, {boost::asio::ip::address_v4::loopback(), 0}} {
        accept();
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    ~ScriptedServer() { stop(); }

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }
    [[nodiscard]] std::size_t connections() const { return sessions_.size(); }
    void set_script(Script script) { script_ = std::move(script); }

    /// Closes all connections; new ones are still accepted.
    void drop_connections() {
        boost::system::error_code ignored;
        for (const auto& session : sessions_) session->socket.close(ignored);
    }
    /// Accepts no more: connecting is refused from now on.
    void stop() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        drop_connections();
    }

private:
    struct Session {
        explicit Session(boost::asio::ip::tcp::socket taken) : socket{std::move(taken)} {}
        boost::asio::ip::tcp::socket socket;
        std::string got;
        std::string out;
        std::array<char, 4096> space{};
        std::size_t number = 0;
    };
    using SessionPointer = std::shared_ptr<Session>;

    void accept() {
        acceptor_.async_accept([this](const auto& error, boost::asio::ip::tcp::socket socket) {
            if (error) return;  // stopped, and perhaps gone
            auto session = std::make_shared<Session>(std::move(socket));
            session->number = sessions_.size();
            sessions_.push_back(session);
            read(session);
            accept();
        });
    }

    void read(const SessionPointer& session) {
        session->socket.async_read_some(
            boost::asio::buffer(session->space),
            [this, session](const boost::system::error_code& error, std::size_t count) {
                if (error) return;
                session->got.append(session->space.data(), count);
                serve(session);
            });
    }

    void serve(const SessionPointer& session) {
        const std::size_t end = session->got.find("\r\n\r\n");
        if (end == std::string::npos) return read(session);
        Request request;
        request.head = session->got.substr(0, end + 4);
        const std::size_t length = body_length(request.head);
        if (session->got.size() < end + 4 + length) return read(session);
        request.body = session->got.substr(end + 4, length);
        request.connection = session->number;
        session->got.erase(0, end + 4 + length);
        requests_.push_back(request);
        const Reply reply = script_(request);
        session->out = reply.bytes;
        boost::asio::async_write(session->socket, boost::asio::buffer(session->out),
                                 [this, session, close = reply.close](
                                     const boost::system::error_code& error, std::size_t) {
                                     if (error) return;
                                     if (!close) return read(session);
                                     boost::system::error_code ignored;
                                     session->socket.close(ignored);
                                 });
    }

    static std::size_t body_length(const std::string& head) {
        const std::size_t at = head.find("Content-Length: ");
        return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    }

    Script script_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::vector<SessionPointer> sessions_;
    std::vector<Request> requests_;
};

/// Runs the loop until `done` holds. False: it never came to be within a time that only a broken
/// program needs.
template <class Done>
[[nodiscard]] bool run_until(boost::asio::io_context& io, const Done& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!done()) {
        if (io.stopped()) io.restart();
        if (io.run_one_until(give_up) == 0 && !done()) {
            if (std::chrono::steady_clock::now() >= give_up) return false;
            if (io.stopped()) return done();
        }
    }
    return true;
}

}  // namespace penstock::test
