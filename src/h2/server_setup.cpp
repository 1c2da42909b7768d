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

// The guard is the judge of resets. nghttp2 counts those of answered streams, too, which some
// clients send behind each: only a rate that no client comes to is left to it.
const nghttp2_option* ServerSetup::options_for(const ServerLimits& limits) noexcept {
    constexpr std::uint64_t k_far = 1000;
    nghttp2_option_set_stream_reset_rate_limit(choices(), k_far * limits.resets_burst,
                                               k_far * limits.resets_per_second);
    expect_control(limits.control_burst);
    return choices();
}

}  // namespace penstock::h2
