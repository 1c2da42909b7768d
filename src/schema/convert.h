// From a node of the file to the value of one option.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "penstock/base/option.h"
#include "penstock/schema/document.h"

namespace penstock::schema {

inline constexpr std::size_t k_text_bytes = 4096;  // of one string
inline constexpr std::size_t k_items = 1024;       // of one list
inline constexpr std::size_t k_map_entries = 64;

/// The value, or nothing and at least one finding more.
[[nodiscard]] std::optional<OptionValue> convert(const Option& option, const Node& node,
                                                 std::vector<Finding>& findings);

/// The node that the text of an environment variable or a flag stands for. Lists are
/// comma-separated, maps are not to be had so. Nothing when `text` is none of the option's type.
[[nodiscard]] std::optional<Node> node_of_text(const Option& option, std::string_view text);

}  // namespace penstock::schema
