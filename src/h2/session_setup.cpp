// How nghttp2 is set up: which of its protections are on, and where its callbacks lead.
#include "server_session.h"

namespace penstock::h2 {

namespace {

constexpr std::size_t k_acks_waiting =
    100;  // for SETTINGS and PING, while the client reads nothing
constexpr std::size_t k_continuations = 8;
constexpr std::size_t k_settings_entries = 32;
constexpr std::size_t k_header_block_sent = 64 * 1024;
// The session's own guard counts resets and answers in better words: this one stands behind it.
constexpr std::uint64_t k_resets_burst = 20'000;
constexpr std::uint64_t k_resets_per_second = 2'000;

ServerSession& of(void* user) noexcept {
    return *static_cast<ServerSession*>(user);
}

std::string_view text(const std::uint8_t* bytes, std::size_t length) noexcept {
    return {reinterpret_cast<const char*>(bytes), length};
}

}  // namespace

SessionSetup::SessionSetup() : callbacks_{new_callbacks()}, options_{new_option()} {
    nghttp2_option* options = options_.get();
    nghttp2_option_set_no_auto_window_update(options, 1);  // as the body is read
    nghttp2_option_set_no_closed_streams(options, 1);
    nghttp2_option_set_max_outbound_ack(options, k_acks_waiting);
    nghttp2_option_set_max_continuations(options, k_continuations);
    nghttp2_option_set_max_settings(options, k_settings_entries);
    nghttp2_option_set_max_send_header_block_length(options, k_header_block_sent);
    nghttp2_option_set_stream_reset_rate_limit(options, k_resets_burst, k_resets_per_second);

    nghttp2_session_callbacks* calls = callbacks_.get();
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            return of(user).begin_headers(*frame);
        });
    nghttp2_session_callbacks_set_on_header_callback(
        calls, [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                  std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                  std::uint8_t, void* user) {
            return of(user).header(text(name, name_length), text(value, value_length));
        });
    nghttp2_session_callbacks_set_on_invalid_header_callback2(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf*, nghttp2_rcbuf*,
                  std::uint8_t, void* user) { return of(user).invalid_header(*frame); });
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        calls, [](nghttp2_session*, const nghttp2_frame*, int, void* user) {
            return of(user).invalid_frame();
        });
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
    nghttp2_session_callbacks_set_on_stream_close_callback(
        calls, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
            return of(user).stream_closed(id, code);
        });
}

}  // namespace penstock::h2
