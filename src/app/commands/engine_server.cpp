#include "engine_server.h"

namespace penstock::app {

EngineServer::EngineServer(net::Loop& loop, const mock_engine::EngineOptions& options)
    : engine_{loop, options}, connections_{loop, engine_, nullptr} {
    h1::ServerOptions server;
    server.keep_alive_timeout = options.keep_alive;  // as uvicorn does
    connections_.configure(server);
}

Result<std::unique_ptr<EngineServer>> EngineServer::start(net::Loop& loop, const std::string& address,
                                                          const mock_engine::EngineOptions& options) {
    Result<net::BoundListener> bound = net::bind_listener(address, 1);
    if (!bound) return bound.error();
    auto server = std::unique_ptr<EngineServer>{new EngineServer{loop, options}};
    server->url_ = bound->local_address.starts_with("unix:") ? bound->local_address : "http://" + bound->local_address;
    h1::ServerConnections& connections = server->connections_;
    server->acceptor_ = std::make_unique<net::Acceptor>(loop, bound->fds.front(),
                                                        [&connections](int fd) { connections.serve(fd); });
    return server;
}

}  // namespace penstock::app
