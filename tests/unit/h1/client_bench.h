// A client exchange over a socket pair whose other end the test holds.
#pragma once

#include "penstock/h1/client.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "socket_pair.h"

namespace penstock::h1 {

using penstock::test::Peer;
using penstock::test::run_until;

class Keeper final : public ConnectionKeeper {
public:
    void keep(std::unique_ptr<ClientConnection> connection) noexcept override {
        kept = std::move(connection);
    }
    void dropped() noexcept override { ++drops; }
    std::unique_ptr<ClientConnection> kept;
    int drops = 0;
};

class Note final : public Waiter {
public:
    void wake() noexcept override { ++woken; }
    int woken = 0;
};

class ClientTest : public testing::Test {
protected:
    explicit ClientTest(int buffer = 0) {
        penstock::test::SocketPair pair = penstock::test::socket_pair(buffer);
        engine = std::move(pair.peer);
        connection = std::make_unique<ClientConnection>(loop, net::Transport{loop, pair.ours});
    }
    void open() {
        exchange = std::make_unique<ClientExchange>(std::move(connection), keeper, scratch);
    }
    /// Opens an exchange and sends a request.
    void ask(http::Method method = http::Method::post, std::string_view body = "ping") {
        open();
        exchange->send({.method = method, .target = "/v1/x", .authority = "engine"}, body);
    }
    /// One look for the head after what the engine has sent has arrived.
    http::ReadState look_for_head() {
        note.woken = 0;
        exchange->when_readable(&note);
        EXPECT_TRUE(run_until(loop, [this] { return note.woken > 0; }));
        return exchange->try_head(error);
    }
    /// The response's head, waited for. False when it fails.
    bool head() {
        http::ReadState state = http::ReadState::would_block;
        EXPECT_TRUE(run_until(loop, [&] {
            state = exchange->try_head(error);
            if (state == http::ReadState::would_block) exchange->when_readable(&note);
            return state != http::ReadState::would_block;
        }));
        return state == http::ReadState::bytes;
    }
    /// The rest of the body. `last` tells how it ended.
    std::string body() {
        std::string all;
        EXPECT_TRUE(run_until(loop, [&] {
            for (;;) {
                const http::Received received = exchange->try_read();
                last = received.state;
                error = received.error;
                if (last == http::ReadState::would_block) exchange->when_readable(&note);
                if (last != http::ReadState::bytes) return last != http::ReadState::would_block;
                for (const std::string_view piece : received.payload) all += piece;
            }
        }));
        return all;
    }
    void end() { exchange.reset(); }

    net::Loop loop;
    Peer engine;
    std::unique_ptr<ClientConnection> connection;
    Keeper keeper;
    ClientScratch scratch;
    std::unique_ptr<ClientExchange> exchange;
    Note note;
    ErrorCode error = ErrorCode::internal;
    http::ReadState last = http::ReadState::would_block;
};

}  // namespace penstock::h1
