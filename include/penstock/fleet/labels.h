// What a request asks of its backend's labels, and which backends bear them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"
#include "penstock/fleet/identity.h"

namespace penstock::fleet {

/// Met by a backend whose label of this name matches one of the patterns, in which `*` stands for
/// any text; never by one without the label.
struct LabelCondition {
    std::string name;
    std::vector<std::string> patterns;
    friend bool operator==(const LabelCondition&, const LabelCondition&) = default;
};
using LabelConditions = std::vector<LabelCondition>;

inline constexpr std::size_t k_label_conditions_max = 16;  // of one text
inline constexpr std::size_t k_label_patterns_max = 16;    // of one condition

struct LabelWish {
    LabelConditions required;   // all of them, whatever happens
    LabelConditions preferred;  // as many as possible
    friend bool operator==(const LabelWish&, const LabelWish&) = default;
};

/// "a|b" as patterns. Errors: invalid_value; an empty one, a comma, a control character.
[[nodiscard]] Result<std::vector<std::string>> parse_label_patterns(std::string_view text);

/// "region=eu|ch, zone=a" as conditions, at least one. Errors: invalid_value with what is wrong.
[[nodiscard]] Result<LabelConditions> parse_label_conditions(std::string_view text);

/// The inverse.
[[nodiscard]] std::string text_of(const LabelConditions& conditions);

[[nodiscard]] bool bears(const std::map<std::string, std::string>& labels,
                         const LabelCondition& condition);

/// How a backend stands to a wish: `k_barred`, or how many preferred conditions it does not meet.
using Standing = std::uint8_t;
inline constexpr Standing k_barred = 255;
using Standings = std::vector<Standing>;  // of a pool's backends, in order

/// The labels of a pool's backends by name, so that a wish is looked at without its backends' maps.
/// Immutable. Thread: any.
class LabelIndex {
public:
    LabelIndex() = default;
    explicit LabelIndex(std::span<const Backend> backends);

    /// Adds the wish to `standings`; empty ones begin at zero. O(conditions x (backends + values)).
    void apply(const LabelWish& wish, Standings& standings) const;

private:
    struct Column {
        std::vector<std::string> values;      // the first stands for no label
        std::vector<std::uint32_t> value_of;  // by backend
    };
    [[nodiscard]] std::vector<bool> met_by_value(const LabelCondition& condition) const;
    template <class Unmet>
    void each_unmet(const LabelCondition& condition, Unmet unmet) const;

    std::size_t backends_ = 0;
    std::map<std::string, Column, std::less<>> columns_;
};

}  // namespace penstock::fleet
