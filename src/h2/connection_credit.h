// What a peer may send on all streams together: bytes are given back to the connection's window as
// they come, so that a stream which nobody reads holds back itself only; not any more once too many
// lie unread, and then as they are read.
#pragma once

#include <algorithm>
#include <cstddef>

namespace penstock::h2 {

/// Bytes that the connections of a worker may have unread beyond what each may by itself. Must
/// outlive their credits.
struct SpareCredit {
    std::size_t left;
};

/// Pure. The stream's own window is not its business.
class ConnectionCredit {
public:
    /// `own`: bytes that may lie unread here whatever other connections do.
    ConnectionCredit(std::size_t own, SpareCredit& spare) noexcept : own_{own}, spare_{spare} {}
    ~ConnectionCredit() { spare_.left += borrowed_; }
    ConnectionCredit(const ConnectionCredit&) = delete;
    ConnectionCredit& operator=(const ConnectionCredit&) = delete;

    /// Bytes have come. How many to give back now.
    [[nodiscard]] std::size_t received(std::size_t bytes) noexcept {
        unread_ += bytes;
        if (unread_ <= own_) return bytes;
        if (bytes <= spare_.left) {
            spare_.left -= bytes;
            borrowed_ += bytes;
            return bytes;
        }
        withheld_ += bytes;
        return 0;
    }
    /// Bytes have been read, or nobody will read them. How many to give back now.
    [[nodiscard]] std::size_t released(std::size_t bytes) noexcept {
        unread_ -= bytes;
        const std::size_t needed = unread_ > own_ ? unread_ - own_ : 0;
        const std::size_t repaid = borrowed_ - std::min(borrowed_, needed);
        borrowed_ -= repaid;
        spare_.left += repaid;
        const std::size_t back = std::min(bytes, withheld_);
        withheld_ -= back;
        return back;
    }

private:
    std::size_t own_;
    SpareCredit& spare_;
    std::size_t unread_ = 0;    // bytes of all bodies
    std::size_t borrowed_ = 0;  // of `spare_`
    std::size_t withheld_ = 0;  // of the unread bytes, those that have not been given back
};

}  // namespace penstock::h2
