// What a peer may send on all streams together: bytes are given back to the connection's window as
// they come, so that a stream which nobody reads holds back itself only; not any more once too many
// lie unread, and then as they are read.
#pragma once

#include <algorithm>
#include <cstddef>

namespace penstock::h2 {

/// Pure. The stream's own window is not its business.
class ConnectionCredit {
public:
    explicit ConnectionCredit(std::size_t unread_max) noexcept : unread_max_{unread_max} {}

    /// Bytes have come. How many to give back now.
    [[nodiscard]] std::size_t received(std::size_t bytes) noexcept {
        unread_ += bytes;
        if (unread_ <= unread_max_) return bytes;
        withheld_ += bytes;
        return 0;
    }
    /// Bytes have been read, or nobody will read them. How many to give back now.
    [[nodiscard]] std::size_t released(std::size_t bytes) noexcept {
        unread_ -= bytes;
        const std::size_t back = std::min(bytes, withheld_);
        withheld_ -= back;
        return back;
    }

private:
    std::size_t unread_max_;
    std::size_t unread_ = 0;    // bytes of all bodies
    std::size_t withheld_ = 0;  // of them, those that have not been given back
};

}  // namespace penstock::h2
