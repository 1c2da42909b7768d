// A server with a scripted handler, and its client's end of one connection.
#pragma once

#include <string>

#include "penstock/h1/server.h"
#include "scripted_handler.h"
#include "socket_pair.h"

namespace penstock::h1::test {

using penstock::test::Peer;
using penstock::test::run_until;
using penstock::test::turn;

using penstock::test::answer_early;
using penstock::test::echo;
using penstock::test::hang;
using penstock::test::read_body;
using penstock::test::ScriptedHandler;
using penstock::test::stream_three;
using penstock::test::Witness;

class Serving {
public:
    explicit Serving(ScriptedHandler::Script script, const ServerOptions& options = {},
                     int buffer = 0) {
        handler.script = script;
        connections.configure(options);
        penstock::test::SocketPair pair = penstock::test::socket_pair(buffer);
        client = std::move(pair.peer);
        connections.serve(net::Transport{loop, pair.ours});
    }

    /// Waits until the client has received `text`, and reads meanwhile.
    [[nodiscard]] bool receives(std::string_view text) {
        return run_until(loop, [&] {
            client.read();
            return client.received().find(text) != std::string::npos;
        });
    }
    [[nodiscard]] bool ends() {
        return run_until(loop, [&] { return !client.read(); });
    }

    net::Loop loop;
    ScriptedHandler handler;
    ServerConnections connections{loop, handler, nullptr};
    Peer client;
};

inline std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

}  // namespace penstock::h1::test
