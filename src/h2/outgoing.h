// The body that a stream sends: what was written and flow control has not let go yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "penstock/http/fields.h"
#include "penstock/http/stream.h"

namespace penstock::h2 {

/// Takes everything; beyond `k_backlog` the writer is asked to wait. Pure but for `provider`.
class Outgoing {
public:
    static constexpr std::size_t k_backlog = 16 * 1024;
    static constexpr std::size_t k_hot = 72;  // bytes, from its beginning, that a token touches

    void append(http::Pieces pieces);
    /// The whole body, borrowed until nothing waits any more. Precondition: nothing was appended.
    void lend(std::string_view body) noexcept { lent_ = body; }
    /// No more follows; `trailers` may be empty.
    void end(const http::Fields& trailers);
    /// Nothing follows what waits, and the stream ends with RST_STREAM instead of END_STREAM.
    void end_broken() noexcept { ending_ = Ending::broken; }

    /// Memory to write into; its owner may change it as long as nothing was written, and after the
    /// end.
    [[nodiscard]] std::string& room() noexcept { return bytes_; }
    [[nodiscard]] std::size_t waiting() const noexcept {
        return lent_.size() + bytes_.size() - used_;
    }
    [[nodiscard]] bool full() const noexcept { return waiting() > k_backlog; }
    [[nodiscard]] bool ended() const noexcept { return ending_ != Ending::open; }
    /// nghttp2 has asked in vain and waits for `nghttp2_session_resume_data`.
    [[nodiscard]] bool parked() const noexcept { return parked_; }
    void unpark() noexcept { parked_ = false; }
    /// Bytes that frames have taken so far.
    [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }

    /// For `nghttp2_data_provider`: the next bytes of this body, or why there are none.
    [[nodiscard]] ssize_t read(nghttp2_session* session, std::int32_t stream, std::uint8_t* into,
                               std::size_t most, std::uint32_t* flags);
    [[nodiscard]] nghttp2_data_provider provider() noexcept;

private:
    enum class Ending : std::uint8_t { open, proper, broken };
    [[nodiscard]] std::size_t take(std::uint8_t* into, std::size_t most) noexcept;
    void release() noexcept;

    std::string bytes_;
    std::size_t used_ = 0;
    std::uint64_t taken_ = 0;
    Ending ending_ = Ending::open;
    bool parked_ = false;
    std::string_view lent_;  // before `bytes_`
    http::Fields trailers_;
};

}  // namespace penstock::h2
