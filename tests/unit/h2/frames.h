// Frames of a client by hand, for bytes that no library would send.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::h2::test {

inline const std::string k_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline constexpr std::uint8_t k_end_stream = 1;
inline constexpr std::uint8_t k_end_headers = 4;

inline std::string number(std::uint32_t value, int bytes) {
    std::string text;
    for (int at = bytes - 1; at >= 0; --at)
        text += static_cast<char>(value >> (8U * static_cast<unsigned>(at)));
    return text;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload = "") {
    std::string text = number(static_cast<std::uint32_t>(payload.size()), 3);
    text += static_cast<char>(type);
    text += static_cast<char>(flags);
    text += number(stream, 4);
    return text.append(payload);
}
inline std::string settings() {
    return frame(4, 0, 0);
}
inline std::string data(std::uint32_t stream, std::string_view bytes, bool ends = false) {
    return frame(0, ends ? k_end_stream : 0, stream, bytes);
}
inline std::string reset(std::uint32_t stream, std::uint32_t code = 8) {
    return frame(3, 0, stream, number(code, 4));
}
inline std::string window_update(std::uint32_t stream, std::uint32_t by) {
    return frame(8, 0, stream, number(by, 4));
}

using List = std::vector<std::pair<std::string_view, std::string_view>>;

/// HPACK literals without indexing or Huffman coding (RFC 7541 6.2.2), of names and values below
/// 127 bytes.
inline std::string block(const List& list) {
    std::string text;
    for (const auto& [name, value] : list) {
        text += '\0';
        text += static_cast<char>(name.size());
        text.append(name);
        text += static_cast<char>(value.size());
        text.append(value);
    }
    return text;
}
inline std::string headers(std::uint32_t stream, const List& list, bool ends) {
    return frame(1, static_cast<std::uint8_t>(k_end_headers | (ends ? k_end_stream : 0)), stream,
                 block(list));
}
inline const List k_get{
    {":method", "GET"}, {":scheme", "http"}, {":path", "/x"}, {":authority", "a.test"}};
inline const List k_post{
    {":method", "POST"}, {":scheme", "http"}, {":path", "/x"}, {":authority", "a.test"}};

}  // namespace penstock::h2::test
