// What is set up towards clients alone.
#include "server_session.h"

namespace penstock::h2 {

ServerSetup::ServerSetup()
    : SessionSetup{ServerSession::k_head_max, ServerSession::k_unread_shared} {
    lead_to<ServerSession>();
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

// nghttp2 counts whole seconds, and the guard parts of them: with twice as much it is always later.
const nghttp2_option* ServerSetup::options_for(const ServerLimits& limits) noexcept {
    const std::uint64_t burst = std::uint64_t{limits.resets_burst} + limits.resets_per_second;
    nghttp2_option_set_stream_reset_rate_limit(choices(), 2 * burst,
                                               2 * std::uint64_t{limits.resets_per_second});
    expect_control(limits.control_burst);
    return choices();
}

}  // namespace penstock::h2
