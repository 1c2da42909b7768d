// From a good configuration to a served process: shared by `run` and `demo`.
#pragma once

#include <functional>

#include "../server/server.h"

namespace penstock::app {

/// Prints errors and warnings on standard error. True when there are no errors.
bool print_problems(const LoadedConfig& loaded);

/// Serves until a signal ends it. Returns the exit status.
int run_server(ProxyServer::Source source);

/// The same on a control loop that others use too. `ready` is called once everything listens and
/// signals are handled.
int run_server_on(net::Loop& control, ProxyServer::Source source,
                  const std::function<void(const ProxyServer&)>& ready);

}  // namespace penstock::app
