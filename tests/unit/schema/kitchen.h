// A small described object for tests: every type of option, a table of one, a list, a list within.
#pragma once

#include <array>

#include "penstock/base/option.h"

namespace penstock::schema {

enum class Fuel : std::uint8_t { gas, wood };
inline constexpr std::array<std::string_view, 2> k_fuels{"gas", "wood"};

struct Pot {
    std::string name;
    Bytes volume = 1_KiB;
};

struct Oven {
    std::uint32_t shelves = 2;
};

struct Stove {
    bool hot = false;
    std::uint32_t plates = 4;
    double power = 1.5;
    Millis timer{0};
    Fuel fuel = Fuel::wood;
    std::vector<std::string> cooks;
    std::map<std::string, std::string> labels;
    Oven oven;
};

struct Shelf {
    std::string label;
    std::vector<Pot> pots;
};

struct Kitchen {
    Stove stove;
    std::vector<Shelf> shelves;
};

inline Result<void> no_spaces(std::string_view text) {
    if (text.find(' ') == std::string_view::npos) return {};
    return Error{ErrorCode::invalid_value, "\"" + std::string{text} + "\" has a space"};
}
inline const TextFormat k_word{"a word", "word", no_spaces};

inline const std::array<Option, 7> k_stove_options{{
    {.name = "hot", .binding = bound<&Stove::hot>(), .sentence = "Whether it is hot."},
    {.name = "plates",
     .binding = bound<&Stove::plates>(),
     .range = {1, 8},
     .reload = Reload::restart,
     .sentence = "Plates."},
    {.name = "power", .binding = bound<&Stove::power>(), .range = {0.5, 2}, .sentence = "Power."},
    {.name = "timer",
     .binding = bound<&Stove::timer>(),
     .range = {100, 60'000},
     .zero = "off",
     .sentence = "Timer."},
    {.name = "fuel", .binding = chosen<&Stove::fuel, k_fuels>(), .sentence = "Fuel."},
    {.name = "cooks",
     .binding = bound<&Stove::cooks>(),
     .format = &k_word,
     .empty = "nobody",
     .sentence = "Cooks."},
    {.name = "labels",
     .binding = bound<&Stove::labels>(),
     .secrecy = Secrecy::sensitive_entries,
     .sentence = "Labels."},
}};
inline const std::array<Option, 1> k_oven_options{{
    {.name = "shelves",
     .binding = bound<&Oven::shelves>(),
     .range = {1, 5},
     .reload = Reload::restart,
     .sentence = "Shelves in it."},
}};
inline const OptionTable k_oven_table{.name = "stove.oven",
                                      .sentence = "Its oven.",
                                      .options = k_oven_options,
                                      .children = {},
                                      .defaults = fresh<Oven>};
inline const std::array<ChildTable, 1> k_stove_children{
    {one_table<&Stove::oven>("oven", k_oven_table)}};
inline const OptionTable k_stove_table{.name = "stove",
                                       .sentence = "The stove.",
                                       .options = k_stove_options,
                                       .children = k_stove_children,
                                       .defaults = fresh<Stove>};

inline const std::array<Option, 2> k_pot_options{{
    {.name = "name",
     .binding = bound<&Pot::name>(),
     .need = Need::required,
     .format = &k_word,
     .sentence = "Name."},
    {.name = "volume", .binding = bound<&Pot::volume>(), .range = {1, 4096}, .sentence = "Volume."},
}};
inline const OptionTable k_pot_table{.name = "shelf.pots",
                                     .sentence = "Pots.",
                                     .options = k_pot_options,
                                     .children = {},
                                     .defaults = fresh<Pot>};

inline const std::array<Option, 1> k_shelf_options{{
    {.name = "label", .binding = bound<&Shelf::label>(), .sentence = "Label | with a bar."},
}};
inline const std::array<ChildTable, 1> k_shelf_children{
    {table_list<&Shelf::pots>("pots", k_pot_table, 3)}};
inline const OptionTable k_shelf_table{.name = "shelf",
                                       .sentence = "A shelf.",
                                       .options = k_shelf_options,
                                       .children = k_shelf_children,
                                       .defaults = fresh<Shelf>};

inline const std::array<ChildTable, 2> k_kitchen_children{
    {one_table<&Kitchen::stove>("stove", k_stove_table),
     table_list<&Kitchen::shelves>("shelf", k_shelf_table, 2)}};
inline const OptionTable k_kitchen{.name = "",
                                   .sentence = "A kitchen.",
                                   .options = {},
                                   .children = k_kitchen_children,
                                   .defaults = fresh<Kitchen>};

}  // namespace penstock::schema
