// What every server connection is bound by, whichever protocol it speaks.
#pragma once

#include "penstock/base/units.h"
#include "penstock/http/request_rules.h"

namespace penstock::http {

struct ServerOptions {
    HeadLimits limits;
    Millis head_timeout{10'000};
    Millis body_idle_timeout{30'000};
    Millis write_stall_timeout{60'000};
    Millis keep_alive_timeout{75'000};
    bool half_close = false;  // a client's FIN does not mean that it has gone
};

}  // namespace penstock::http
