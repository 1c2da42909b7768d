// How nghttp2 is set up, for either side: which of its protections are on, and where the callbacks
// lead that both have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connection_credit.h"
#include "handles.h"

namespace penstock::h2 {

/// A PING that wants an answer.
[[nodiscard]] inline bool is_question(const nghttp2_frame& frame) noexcept {
    return frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0;
}

/// What all sessions of one side share on a worker. A session names it its friend.
class SessionSetup {
public:
    [[nodiscard]] const nghttp2_option* options() const noexcept { return options_.get(); }
    [[nodiscard]] const nghttp2_session_callbacks* callbacks() const noexcept {
        return callbacks_.get();
    }
    /// What all connections share of bytes that lie unread.
    [[nodiscard]] SpareCredit& spare() noexcept { return spare_; }

    static constexpr std::size_t k_queue_max = 1000;  // frames, before reading stops

protected:
    /// `header_block_sent`: the most bytes of a head of ours. `spare`: of bodies, unread.
    SessionSetup(std::size_t header_block_sent, std::size_t spare);
    ~SessionSetup() = default;

    [[nodiscard]] nghttp2_session_callbacks* calls() noexcept { return callbacks_.get(); }
    [[nodiscard]] nghttp2_option* choices() noexcept { return options_.get(); }
    /// Answers to SETTINGS and PING may wait, so many of them that `FloodGuard` judges first: what
    /// it lets pass in one read comes on top of what may wait already.
    void expect_control(std::uint32_t burst) noexcept {
        nghttp2_option_set_max_outbound_ack(choices(), k_queue_max + 2 * std::size_t{burst});
    }

    static std::string_view text(const std::uint8_t* bytes, std::size_t length) noexcept {
        return {reinterpret_cast<const char*>(bytes), length};
    }
    template <class Session>
    static Session& of(void* user) noexcept {
        return *static_cast<Session*>(user);
    }

    /// To the members of `Session` that have the callbacks' names.
    template <class Session>
    void lead_to() {
        nghttp2_session_callbacks_set_on_invalid_header_callback2(
            calls(),
            [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf*, nghttp2_rcbuf*,
               std::uint8_t, void* user) { return of<Session>(user).invalid_header(*frame); });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            calls(), [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                        std::size_t length,
                        void* user) { return of<Session>(user).data(id, text(bytes, length)); });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            calls(), [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                return of<Session>(user).frame_received(*frame);
            });
        nghttp2_session_callbacks_set_on_frame_send_callback(
            calls(), [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                return of<Session>(user).frame_sent(*frame);
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            calls(), [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
                return of<Session>(user).stream_closed(id, code);
            });
    }

private:
    CallbacksHandle callbacks_ = new_callbacks();
    OptionHandle options_ = new_option();
    SpareCredit spare_;
};

}  // namespace penstock::h2
