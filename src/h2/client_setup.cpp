// How nghttp2 is set up towards engines, and where its callbacks lead.
#include "client_session.h"

namespace penstock::h2 {

namespace {

constexpr std::size_t k_acks_waiting =
    100;  // for SETTINGS and PING, while the engine reads nothing
constexpr std::size_t k_continuations = 8;
constexpr std::size_t k_settings_entries = 32;
constexpr std::size_t k_header_block_sent = 128 * 1024;

ClientSession& of(void* user) noexcept {
    return *static_cast<ClientSession*>(user);
}

std::string_view text(const std::uint8_t* bytes, std::size_t length) noexcept {
    return {reinterpret_cast<const char*>(bytes), length};
}

}  // namespace

ClientSetup::ClientSetup() : callbacks_{new_callbacks()}, options_{new_option()} {
    nghttp2_option* options = options_.get();
    nghttp2_option_set_no_auto_window_update(options, 1);  // as the body is read
    nghttp2_option_set_no_closed_streams(options, 1);
    nghttp2_option_set_max_outbound_ack(options, k_acks_waiting);
    nghttp2_option_set_max_continuations(options, k_continuations);
    nghttp2_option_set_max_settings(options, k_settings_entries);
    nghttp2_option_set_max_send_header_block_length(options, k_header_block_sent);

    nghttp2_session_callbacks* calls = callbacks_.get();
    nghttp2_session_callbacks_set_on_header_callback(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                  std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                  std::uint8_t, void* user) {
            return of(user).header(*frame, text(name, name_length), text(value, value_length));
        });
    nghttp2_session_callbacks_set_on_invalid_header_callback2(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf*, nghttp2_rcbuf*,
                  std::uint8_t, void* user) { return of(user).invalid_header(*frame); });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        calls,
        [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
           std::size_t length, void* user) { return of(user).data(id, text(bytes, length)); });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            return of(user).frame_received(*frame);
        });
    nghttp2_session_callbacks_set_on_frame_send_callback(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            return of(user).frame_sent(*frame);
        });
    nghttp2_session_callbacks_set_on_frame_not_send_callback(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, int why, void* user) {
            return of(user).frame_not_sent(*frame, why);
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        calls, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
            return of(user).stream_closed(id, code);
        });
}

}  // namespace penstock::h2
