// What people and editors read about the options, made from their descriptions. Pure.
#pragma once

#include <string>
#include <string_view>

#include "penstock/base/option.h"

namespace penstock::schema {

/// A Markdown document with a section for each table; `introduction` stands before the first.
[[nodiscard]] std::string markdown_reference(const OptionTable& root,
                                             std::string_view introduction);

/// JSON Schema (draft 7) of the file, for editors.
[[nodiscard]] std::string json_schema_of(const OptionTable& root, std::string_view title);

}  // namespace penstock::schema
