#include "frame_scanner.h"

#include <algorithm>

#include <nghttp2/nghttp2.h>

namespace penstock::h2 {

bool FrameScanner::next(std::string_view& bytes) noexcept {
    const std::size_t skipped = std::min(skip_, bytes.size());
    bytes.remove_prefix(skipped);
    skip_ -= skipped;
    if (skip_ > 0) return false;
    taken_ = std::min(k_header - seen_, bytes.size());
    std::copy_n(bytes.data(), taken_, header_.data() + seen_);
    bytes.remove_prefix(taken_);
    seen_ += taken_;
    if (seen_ < k_header) return false;
    seen_ = 0;
    skip_ = header().length;
    note_head();
    return true;
}

void FrameScanner::note_head() noexcept {
    const FrameHeader frame = header();
    if (frame.type != NGHTTP2_HEADERS && frame.type != NGHTTP2_CONTINUATION) {
        head_ = Head::none;
    } else {
        head_ = (frame.flags & NGHTTP2_FLAG_END_HEADERS) != 0 ? Head::ends : Head::goes_on;
    }
}

FrameHeader FrameScanner::header() const noexcept {
    const auto at = [this](std::size_t index) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(header_[index]));
    };
    const std::uint32_t stream = (at(5) & 0x7FU) << 24U | at(6) << 16U | at(7) << 8U | at(8);
    return {.type = static_cast<std::uint8_t>(at(3)),
            .flags = static_cast<std::uint8_t>(at(4)),
            .length = at(0) << 16U | at(1) << 8U | at(2),
            .stream = static_cast<std::int32_t>(stream)};
}

}  // namespace penstock::h2
