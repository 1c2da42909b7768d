// What is set up towards clients alone.
#include "server_session.h"

namespace penstock::h2 {

namespace {

// The session's own guard counts resets and answers in better words: this one stands behind it.
constexpr std::uint64_t k_resets_burst = 20'000;
constexpr std::uint64_t k_resets_per_second = 2'000;

}  // namespace

ServerSetup::ServerSetup() : SessionSetup{ServerSession::k_head_max} {
    nghttp2_option_set_stream_reset_rate_limit(choices(), k_resets_burst, k_resets_per_second);
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

}  // namespace penstock::h2
