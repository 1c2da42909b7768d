#include "multipart.h"

#include <array>

#include "content_type.h"
#include "penstock/base/trim.h"

namespace penstock::engine {
namespace {

constexpr std::size_t k_boundary_max = 70;  // RFC 2046 5.1.1

/// The delimiter "\r\n--boundary" in a fixed place, since it is searched for again and again.
struct Delimiter {
    std::array<char, k_boundary_max + 4> bytes{'\r', '\n', '-', '-'};
    std::size_t size = 4;
    [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), size}; }
};

/// The part's name out of its head's lines.
std::string_view name_of(std::string_view head) noexcept {
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head = end == std::string_view::npos ? std::string_view{} : head.substr(end + 2);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        if (!equals_ignoring_case(trim_blanks(line.substr(0, colon)), "content-disposition"))
            continue;
        return parameter(line.substr(colon + 1), "name");
    }
    return {};
}

void store(MultipartFields& fields, std::string_view name, std::string_view value) noexcept {
    if (name == "model") fields.model = value;
    if (name == "stream") fields.stream = value;
    if (name == "user") fields.user = value;
}

}  // namespace

MultipartFields read_multipart(std::string_view content_type, std::string_view body) noexcept {
    MultipartFields fields;
    const std::string_view boundary = parameter(content_type, "boundary");
    if (boundary.empty() || boundary.size() > k_boundary_max) return fields;
    Delimiter delimiter;
    delimiter.size += boundary.copy(delimiter.bytes.data() + 4, boundary.size());
    const std::string_view with_line = delimiter.text();
    body = body.substr(0, k_multipart_window);
    // The first delimiter may stand at the very beginning, without a line break before it.
    std::size_t at = 0;
    if (body.starts_with(with_line.substr(2))) {
        at = with_line.size() - 2;
    } else {
        at = body.find(with_line);
        if (at == std::string_view::npos) return fields;
        at += with_line.size();
    }
    while (true) {
        std::string_view part = body.substr(at);
        if (part.starts_with("--")) return fields;
        const std::size_t part_end = part.find(with_line);
        if (part_end == std::string_view::npos) return fields;
        part = part.substr(0, part_end);
        const std::size_t head_begin = part.find("\r\n");
        const std::size_t head_end = part.find("\r\n\r\n");
        if (head_end != std::string_view::npos && head_begin + 2 < head_end) {
            store(fields, name_of(part.substr(head_begin + 2, head_end - head_begin - 2)),
                  part.substr(head_end + 4));
        }
        at += part_end + with_line.size();
    }
}

}  // namespace penstock::engine
