#include "session_setup.h"

namespace penstock::h2 {

namespace {

constexpr std::size_t k_continuations = 8;
constexpr std::size_t k_settings_entries = 32;

}  // namespace

SessionSetup::SessionSetup(std::size_t header_block_sent, std::size_t spare) : spare_{spare} {
    nghttp2_option_set_no_auto_window_update(choices(), 1);  // as the body is read
    nghttp2_option_set_no_closed_streams(choices(), 1);
    nghttp2_option_set_max_continuations(choices(), k_continuations);
    nghttp2_option_set_max_settings(choices(), k_settings_entries);
    nghttp2_option_set_max_send_header_block_length(choices(), header_block_sent);
}

}  // namespace penstock::h2
