// Which models a pool serves: the config's patterns and the last good lists of its backends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/fleet/load.h"
#include "penstock/proxy/generation.h"
#include "penstock/proxy/inspect_thread.h"

namespace penstock::proxy {

[[nodiscard]] bool configured(const Pool& pool, std::string_view model);
[[nodiscard]] bool lists(const fleet::LoadTable& table, const fleet::Backend& backend,
                         std::string_view model);
[[nodiscard]] bool anybody_lists(const Pool& pool, const fleet::LoadTable& table,
                                 std::string_view model);
[[nodiscard]] bool serves(const Pool& pool, const fleet::LoadTable& table, std::string_view model);
/// Spelled out by the config or a backend: there is a bounded number of such names, so they may be
/// labels.
[[nodiscard]] bool names(const Pool& pool, const fleet::LoadTable& table, std::string_view model);
/// Some backend of it may be picked, as far as its health and weight go.
[[nodiscard]] bool any_pickable(const Pool& pool, const fleet::LoadTable& table);
/// How the pool's engine reads a model's name.
struct ReadName {
    std::string_view model;
    std::string_view adapter;  // empty: none is named
};
/// "base:adapter", as SGLang writes a LoRA adapter of a model: cut at the first colon
/// (`_parse_model_parameter` of its serving_base.py). The parts are of `name`.
[[nodiscard]] ReadName cut_name(std::string_view name) noexcept;
/// Whether engines of this kind cut names so.
[[nodiscard]] constexpr bool cuts_names(fleet::Engine engine) noexcept {
    return engine == fleet::Engine::sglang;
}
/// Whether the pool looks at prompts as the chain was made.
[[nodiscard]] inline bool suits(const Chain& chain, const Pool& pool) noexcept {
    return chain.block_size == pool.balance.block_size.count &&
           chain.cuts_names == cuts_names(pool.engine);
}
/// The name as the pool's engine reads it; whole where a backend lists it as it stands.
[[nodiscard]] ReadName read_name(const Pool& pool, const fleet::LoadTable& table,
                                 std::string_view name);
/// What the pool's backends have told of their models. `told`: all that are healthy have;
/// `awaited`: one that is healthy, or of whose health nothing is known yet, has not; `down`: none
/// has, and nobody is healthy who could.
enum class Listing : std::uint8_t { told, awaited, down };
[[nodiscard]] Listing listing_of(const Pool& pool, const fleet::LoadTable& table);
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

}  // namespace penstock::proxy
