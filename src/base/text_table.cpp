#include "penstock/base/text_table.h"

#include <algorithm>

namespace penstock {

namespace {

// Characters, not bytes.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows,
                       std::span<const std::size_t> left) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string room(widths[i] - width(row[i]), ' ');
            const bool to_the_left = std::ranges::find(left, i) != left.end();
            line.append(i == 0 ? "" : "  ");
            line.append(to_the_left ? row[i] : room).append(to_the_left ? room : row[i]);
        }
        text += line.erase(line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

}  // namespace penstock
