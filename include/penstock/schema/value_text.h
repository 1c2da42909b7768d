// Values of options as text, and what an option allows in words. Pure.
#pragma once

#include <string>
#include <string_view>

#include "penstock/base/option.h"

namespace penstock::schema {

/// As in a TOML file: `"250ms"`, `[ "a", "b" ]`. Everything but a map is valid JSON too.
[[nodiscard]] std::string toml_text(const OptionValue& value);

/// "an integer from 1 to 1024, or 0 (one per usable core)".
[[nodiscard]] std::string allowed_text(const Option& option);

/// The type in a word or two: "integer", "list of text".
[[nodiscard]] std::string_view type_text(OptionType type) noexcept;

/// A bound of `option` in its unit: "250ms", "64MiB", "1.25".
[[nodiscard]] std::string bound_text(OptionType type, double bound);

/// The value of an option in a fresh owner.
[[nodiscard]] OptionValue default_of(const OptionTable& table, const Option& option);

/// Whether the entry `name` of a map is one that should not be shown ("authorization",
/// "x-api-key").
[[nodiscard]] bool sensitive(std::string_view name);

inline constexpr std::string_view k_hidden = "***";

}  // namespace penstock::schema
