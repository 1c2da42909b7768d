// When a request may go to the same backend once more.
#pragma once

#include "penstock/base/error.h"

namespace penstock::proxy {

/// Sendings of one attempt, the first included. A backend that closes what is idle, drains, or
/// allows fewer streams than come at once costs one; so does each who takes the room meanwhile.
inline constexpr int k_sendings_max = 3;

/// Whether what has failed so may be sent to the same backend again, on another connection or
/// stream: nobody has worked on it (a kept connection that was dead, a refused stream, one that
/// GOAWAY leaves out). `sendings`: so far.
[[nodiscard]] constexpr bool may_send_again(ErrorCode failed, int sendings) noexcept {
    return failed == ErrorCode::upstream_reused_closed && sendings < k_sendings_max;
}

}  // namespace penstock::proxy
