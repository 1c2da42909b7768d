// Which models a pool serves: the config's patterns and the last good lists of its backends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/fleet/load.h"
#include "penstock/proxy/generation.h"

namespace penstock::proxy {

[[nodiscard]] bool configured(const Pool& pool, std::string_view model);
[[nodiscard]] bool lists(const fleet::LoadTable& table, const fleet::Backend& backend,
                         std::string_view model);
[[nodiscard]] bool serves(const Pool& pool, const fleet::LoadTable& table, std::string_view model);
/// Spelled out by the config or a backend: there is a bounded number of such names, so they may be
/// labels.
[[nodiscard]] bool names(const Pool& pool, const fleet::LoadTable& table, std::string_view model);
/// Every healthy backend of the pool has told its models.
[[nodiscard]] bool all_listed(const Pool& pool, const fleet::LoadTable& table);
/// Names of all models of these pools, without repetition.
[[nodiscard]] std::vector<std::string> known_models(const Generation& generation,
                                                    const std::vector<std::uint32_t>& pools,
                                                    const fleet::LoadTable& table);
/// `{"object":"list","data":[…]}`: the union over all pools, engines' own words kept.
[[nodiscard]] std::string models_document(const Generation& generation,
                                          const fleet::LoadTable& table);

/// The same list's element for one model; nothing when no pool serves it.
[[nodiscard]] std::optional<std::string> model_document(const Generation& generation,
                                                        const fleet::LoadTable& table,
                                                        std::string_view model);

[[nodiscard]] const fleet::BackendState* state_of(const fleet::LoadTable& table,
                                                  fleet::Slot slot) noexcept;

}  // namespace penstock::proxy
