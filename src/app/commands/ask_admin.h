// One question to a running Penstock's admin listener.
#pragma once

#include <string>

#include "penstock/control/client.h"

namespace penstock::app {

/// `address`: "http://host:port", "host:port" or "unix:/path". `host`: sent as Host in place of the
/// address; may be empty. Blocks, at most as long as `ask.timeout`. Errors: invalid_value (no such
/// address, a field that cannot be sent), and those of `control::Client::ask`, each with a
/// sentence.
[[nodiscard]] Result<control::Answer> ask_admin(const std::string& address, const std::string& host,
                                                control::Ask ask);

}  // namespace penstock::app
