// What is set up towards clients alone.
#include <limits>

#include "server_session.h"

namespace penstock::h2 {

ServerSetup::ServerSetup()
    : SessionSetup{ServerSession::k_head_max, ServerSession::k_unread_shared} {
    lead_to<ServerSession>();
    // The guard judges resets: nghttp2 would count those of answered streams, too.
    nghttp2_option_set_stream_reset_rate_limit(choices(), std::numeric_limits<std::uint64_t>::max(),
                                               std::numeric_limits<std::uint64_t>::max());
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        calls(), [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            return of<ServerSession>(user).begin_headers(*frame);
        });
    nghttp2_session_callbacks_set_on_header_callback(
        calls(), [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                    std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                    std::uint8_t, void* user) {
            return of<ServerSession>(user).header(text(name, name_length),
                                                  text(value, value_length));
        });
}

const nghttp2_option* ServerSetup::options_for(const ServerLimits& limits) noexcept {
    expect_control(limits.control_burst);
    return choices();
}

}  // namespace penstock::h2
