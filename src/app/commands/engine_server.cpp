#include "engine_server.h"

#include <cstdio>
#include <utility>

namespace penstock::app {

EngineServer::EngineServer(net::Loop& loop, const mock_engine::EngineOptions& options)
    : loop_{loop}, engine_{loop, options}, connections_{loop, engine_, nullptr} {
    http::ServerOptions server;
    server.keep_alive_timeout = options.keep_alive;  // as uvicorn does
    connections_.configure(server, {});
}

Result<std::unique_ptr<EngineServer>> EngineServer::start(
    net::Loop& loop, const std::string& address, const mock_engine::EngineOptions& options) {
    auto server = std::unique_ptr<EngineServer>{new EngineServer{loop, options}};
    if (const Result<void> opened = server->open(address); !opened) return opened.error();
    const std::string& bound = server->address_;
    server->url_ = bound.starts_with("unix:") ? bound : "http://" + bound;
    server->engine_.on_refuse([self = server.get()](bool refused) { self->refuse(refused); });
    return server;
}

Result<void> EngineServer::open(const std::string& address) {
    Result<net::BoundListener> bound = net::bind_listener(address, 1);
    if (!bound) return bound.error();
    address_ = bound->local_address;
    acceptor_ = std::make_unique<net::Acceptor>(
        loop_, bound->fds.front(),
        [this](net::Transport transport) { connections_.serve(std::move(transport), {}); });
    return {};
}

void EngineServer::refuse(bool refused) {
    acceptor_.reset();
    if (refused) return;
    if (const Result<void> opened = open(address_); !opened) {
        std::fprintf(stderr, "penstock: %s\n", std::string{opened.error().detail()}.c_str());
    }
}

}  // namespace penstock::app
