// Telling systemd how we are (sd_notify(3)); silent where nobody listens.
#pragma once

#include <optional>
#include <string_view>

#include "penstock/base/units.h"

namespace penstock::app {

/// Sends e.g. "READY=1" to $NOTIFY_SOCKET.
void sd_notify(std::string_view state);
/// Half of $WATCHDOG_USEC, when systemd watches this process.
[[nodiscard]] std::optional<Millis> watchdog_interval();

}  // namespace penstock::app
