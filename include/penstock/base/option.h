// How an option of the configuration is described, once: from this come parsing, validation,
// environment names, the reference, the JSON Schema, `penstock config` and the reload diff.
//
// A description names a member of a plain struct; its default is what that member is in a fresh
// object. Descriptions are constants; `schema` reads and writes objects through them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/base/units.h"

namespace penstock {

enum class OptionType : std::uint8_t {
    boolean,
    integer,
    number,
    text,
    choice,
    duration,
    size,
    text_list,
    text_map
};

/// What a change of the option takes.
enum class Reload : std::uint8_t { live, restart };
enum class Need : std::uint8_t { optional, required };
/// What of the value is for nobody's eyes. `sensitive_entries`: of a map, the entries whose name
/// tells so ("authorization", "x-api-key").
enum class Secrecy : std::uint8_t { open, sensitive_entries };

/// A value of an option. A choice is its word.
using OptionValue = std::variant<bool, std::uint64_t, double, std::string, Millis, Bytes,
                                 std::vector<std::string>, std::map<std::string, std::string>>;

/// Reaches one member of an owner whose type only the maker of the binding knows.
struct OptionBinding {
    OptionType type = OptionType::text;
    OptionValue (*get)(const void* owner) = nullptr;
    /// `value` holds what `get` would return; a choice's word is one of `words`.
    void (*set)(void* owner, const OptionValue& value) = nullptr;
    std::span<const std::string_view> words;  // of a choice
};

/// What a text must look like; for lists each item, for maps each value.
struct TextFormat {
    std::string_view name;     // "address"
    std::string_view example;  // "127.0.0.1:8080"
    /// Errors: invalid_value with a sentence that says what to write.
    Result<void> (*check)(std::string_view text) = nullptr;
};

/// Bounds of a number, of milliseconds, of bytes; both allowed.
struct OptionRange {
    double least = 0;
    double most = 4294967295.0;
};

struct Option {
    std::string_view name;
    OptionBinding binding;
    OptionRange range;
    std::string_view zero;  // what 0 means where it is allowed outside the range; empty: it is not
    Reload reload = Reload::live;
    Need need = Need::optional;
    Secrecy secrecy = Secrecy::open;
    const TextFormat* format = nullptr;
    std::string_view empty;  // what an empty text, list or map means
    std::string_view sentence;
};

struct OptionTable;
enum class TableShape : std::uint8_t { one, list };

/// A table within a table: `[pool.poll]` or `[[pool]]`.
struct ChildTable {
    std::string_view key;
    const OptionTable* table = nullptr;
    TableShape shape = TableShape::one;
    std::size_t most = 1;                  // elements of a list
    void* (*make)(void* owner) = nullptr;  // a list's new element, or the one there is
    std::size_t (*size)(const void* owner) = nullptr;
    const void* (*at)(const void* owner, std::size_t index) = nullptr;
};

struct OptionTable {
    std::string_view name;  // "server", "pool.poll"; the root's is empty
    std::string_view sentence;
    std::span<const Option> options;
    std::span<const ChildTable> children;
    const void* (*defaults)() = nullptr;  // a fresh owner
};

namespace option_internal {

template <class T>
struct MemberOf;
template <class O, class M>
struct MemberOf<M O::*> {
    using Owner = O;
    using Member = M;
};

template <class M>
constexpr OptionType type_of() {
    if constexpr (std::is_same_v<M, bool>) return OptionType::boolean;
    if constexpr (std::is_integral_v<M>) return OptionType::integer;
    if constexpr (std::is_floating_point_v<M>) return OptionType::number;
    if constexpr (std::is_same_v<M, Millis>) return OptionType::duration;
    if constexpr (std::is_same_v<M, Bytes>) return OptionType::size;
    if constexpr (std::is_same_v<M, std::vector<std::string>>) return OptionType::text_list;
    if constexpr (std::is_same_v<M, std::map<std::string, std::string>>) {
        return OptionType::text_map;
    }
    return OptionType::text;
}

template <class M>
using Held =
    std::conditional_t<std::is_integral_v<M> && !std::is_same_v<M, bool>, std::uint64_t, M>;

}  // namespace option_internal

/// The binding of a member: `bound<&ServerConfig::workers>()`.
template <auto member>
constexpr OptionBinding bound() {
    using Of = option_internal::MemberOf<decltype(member)>;
    using Owner = typename Of::Owner;
    using Held = option_internal::Held<typename Of::Member>;
    return {.type = option_internal::type_of<typename Of::Member>(),
            .get = [](const void* owner) -> OptionValue {
                return static_cast<Held>(static_cast<const Owner*>(owner)->*member);
            },
            .set =
                [](void* owner, const OptionValue& value) {
                    static_cast<Owner*>(owner)->*member =
                        static_cast<typename Of::Member>(std::get<Held>(value));
                },
            .words = {}};
}

/// The binding of an enum's member; `words[n]` is the word of its n-th enumerator.
template <auto member, const auto& words_of>
constexpr OptionBinding chosen() {
    using Of = option_internal::MemberOf<decltype(member)>;
    using Owner = typename Of::Owner;
    return {.type = OptionType::choice,
            .get = [](const void* owner) -> OptionValue {
                const auto index =
                    static_cast<std::size_t>(static_cast<const Owner*>(owner)->*member);
                return std::string{words_of[index]};
            },
            .set =
                [](void* owner, const OptionValue& value) {
                    for (std::size_t n = 0; n < std::size(words_of); ++n) {
                        if (words_of[n] != std::get<std::string>(value)) continue;
                        static_cast<Owner*>(owner)->*member = static_cast<typename Of::Member>(n);
                    }
                },
            .words = words_of};
}

/// A member that is a struct with a table of its own.
template <auto member>
constexpr ChildTable one_table(std::string_view key, const OptionTable& table) {
    using Owner = typename option_internal::MemberOf<decltype(member)>::Owner;
    return {.key = key,
            .table = &table,
            .shape = TableShape::one,
            .most = 1,
            .make = [](void* owner) -> void* { return &(static_cast<Owner*>(owner)->*member); },
            .size = [](const void*) -> std::size_t { return 1; },
            .at = [](const void* owner, std::size_t) -> const void* {
                return &(static_cast<const Owner*>(owner)->*member);
            }};
}

/// A member that is a vector of such structs, at most `most`.
template <auto member>
constexpr ChildTable table_list(std::string_view key, const OptionTable& table, std::size_t most) {
    using Owner = typename option_internal::MemberOf<decltype(member)>::Owner;
    return {.key = key,
            .table = &table,
            .shape = TableShape::list,
            .most = most,
            .make = [](void* owner) -> void* {
                return &(static_cast<Owner*>(owner)->*member).emplace_back();
            },
            .size = [](const void* owner) -> std::size_t {
                return (static_cast<const Owner*>(owner)->*member).size();
            },
            .at = [](const void* owner, std::size_t index) -> const void* {
                return &(static_cast<const Owner*>(owner)->*member)[index];
            }};
}

/// For `OptionTable::defaults`.
template <class Owner>
const void* fresh() {
    static const Owner k_fresh{};
    return &k_fresh;
}

}  // namespace penstock
