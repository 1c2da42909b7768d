// A simulated engine with its listener, on a loop that may carry several.
#pragma once

#include <memory>
#include <string>

#include "../server/connections.h"
#include "penstock/mock_engine/mock_engine.h"
#include "penstock/net/listener.h"
#include "penstock/net/loop.h"

namespace penstock::app {

class EngineServer {
public:
    /// Errors: io_failed with the address.
    [[nodiscard]] static Result<std::unique_ptr<EngineServer>> start(
        net::Loop& loop, const std::string& address, const mock_engine::EngineOptions& options);
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] mock_engine::MockEngine& engine() noexcept { return engine_; }

private:
    EngineServer(net::Loop& loop, const mock_engine::EngineOptions& options);

    [[nodiscard]] Result<void> open(const std::string& address);
    /// The fault `refuse`: the port is closed, and later opened again under the same number.
    void refuse(bool refused);

    net::Loop& loop_;
    mock_engine::MockEngine engine_;
    Connections connections_;
    std::unique_ptr<net::Acceptor> acceptor_;
    std::string address_;  // as bound
    std::string url_;
};

}  // namespace penstock::app
