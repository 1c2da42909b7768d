// Columns of text for people. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace penstock {

/// A line for each row, two blanks between columns, none at a line's end. Columns are aligned to
/// the right but those in `left`. UTF-8: a character is one wide. Precondition: at least one row,
/// all of the same length.
[[nodiscard]] std::string text_table(const std::vector<std::vector<std::string>>& rows,
                                     std::span<const std::size_t> left);

}  // namespace penstock
