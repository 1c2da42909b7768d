#include "tls_hello_guard.h"

#include <algorithm>

namespace penstock::net {

namespace {

constexpr unsigned char k_handshake = 22;  // RFC 8446 5.1

}  // namespace

bool TlsHelloGuard::pass(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        std::size_t taken = 1;
        if (record_left_ == 0) {
            read_record_head(bytes.front());
        } else if (record_head_[0] != k_handshake) {
            taken = std::min(bytes.size(), record_left_);
            record_left_ -= taken;
        } else if (message_left_ > 0) {
            taken = std::min({bytes.size(), record_left_, message_left_});
            record_left_ -= taken;
            message_left_ -= taken;
        } else {
            --record_left_;
            if (!read_message_head(bytes.front())) return false;
        }
        bytes.remove_prefix(taken);
    }
    return true;
}

void TlsHelloGuard::read_record_head(char byte) noexcept {
    record_head_[record_head_size_++] = static_cast<unsigned char>(byte);
    if (record_head_size_ < k_record_head) return;
    record_head_size_ = 0;
    record_left_ = record_head_[3] * std::size_t{256} + record_head_[4];
}

// It may be cut into several records anywhere.
bool TlsHelloGuard::read_message_head(char byte) noexcept {
    message_head_[message_head_size_++] = static_cast<unsigned char>(byte);
    if (message_head_size_ < k_message_head) return true;
    message_head_size_ = 0;
    message_left_ =
        (message_head_[1] * std::size_t{256} + message_head_[2]) * 256 + message_head_[3];
    return k_message_head + message_left_ <= k_message_max;
}

}  // namespace penstock::net
