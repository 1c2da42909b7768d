// What is set up towards engines alone.
#include "client_session.h"

namespace penstock::h2 {

ClientSetup::ClientSetup() : SessionSetup{ClientSession::k_head_sent_max, 0} {
    expect_control(ClientSession::k_control_burst);
    lead_to<ClientSession>();
    nghttp2_session_callbacks_set_on_header_callback(
        calls(), [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                    std::uint8_t, void* user) {
            return of<ClientSession>(user).header(*frame, text(name, name_length),
                                                  text(value, value_length));
        });
    nghttp2_session_callbacks_set_on_frame_not_send_callback(
        calls(), [](nghttp2_session*, const nghttp2_frame* frame, int why, void* user) {
            return of<ClientSession>(user).frame_not_sent(*frame, why);
        });
}

}  // namespace penstock::h2
