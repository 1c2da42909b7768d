#include "wire.h"

#include <algorithm>

namespace penstock::kv_events {

namespace {

constexpr std::size_t k_number_bytes = 8;

}  // namespace

std::optional<std::uint64_t> read_number(std::string_view frame) noexcept {
    if (frame.size() != k_number_bytes) return std::nullopt;
    std::uint64_t number = 0;
    for (const char byte : frame) number = number << 8U | static_cast<unsigned char>(byte);
    return number;
}

std::string number_frame(std::uint64_t number) {
    std::string frame;
    for (std::size_t at = k_number_bytes; at-- > 0;) frame += static_cast<char>(number >> (8 * at));
    return frame;
}

std::optional<Message> read_message(const std::vector<std::string>& frames,
                                    std::size_t skip) noexcept {
    const std::size_t count = frames.size() - std::min(skip, frames.size());
    if (count != 2 && count != 3) return std::nullopt;
    const std::optional<std::uint64_t> number = read_number(frames[frames.size() - 2]);
    if (!number) return std::nullopt;
    return Message{.number = *number, .payload = frames.back()};
}

}  // namespace penstock::kv_events
