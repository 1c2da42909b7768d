#include "penstock/fleet/labels.h"

#include <algorithm>

#include "penstock/base/wildcard.h"

namespace penstock::fleet {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes what stands before the next `separator` off the front of `text`.
std::string_view take_part(std::string_view& text, char separator) noexcept {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

bool holds_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
    });
}

Error invalid(std::string_view text, std::string_view why) {
    return Error{ErrorCode::invalid_value, "\"" + std::string{text} + "\" " + std::string{why}};
}

Result<LabelCondition> parse_condition(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = trimmed(text.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
        return invalid(text, "is no condition: write label=value, or label=value|value");
    }
    Result<std::vector<std::string>> patterns = parse_label_patterns(text.substr(equals + 1));
    if (!patterns.has_value()) return patterns.error();
    return LabelCondition{std::string{name}, std::move(*patterns)};
}

bool matches_any(const LabelCondition& condition, std::string_view value) noexcept {
    return std::any_of(
        condition.patterns.begin(), condition.patterns.end(),
        [value](const std::string& pattern) { return matches_glob(pattern, value); });
}

}  // namespace

Result<std::vector<std::string>> parse_label_patterns(std::string_view text) {
    if (holds_control(text)) {
        return Error{ErrorCode::invalid_value, "a label's value holds a control character"};
    }
    if (text.find(',') != std::string_view::npos) {
        return invalid(text, "has a comma: write value|value for any of several");
    }
    std::vector<std::string> patterns;
    std::string_view rest = text;
    do {
        const bool more = rest.find('|') != std::string_view::npos;
        const std::string_view part = take_part(rest, '|');
        if (part.empty() || (more && rest.empty())) {
            return invalid(text, "leaves a value empty: write value, or value|value");
        }
        if (patterns.size() == k_label_patterns_max) {
            return invalid(text, "names more than 16 values of a label");
        }
        patterns.emplace_back(part);
    } while (!rest.empty());
    return patterns;
}

Result<LabelConditions> parse_label_conditions(std::string_view text) {
    LabelConditions conditions;
    std::string_view rest = text;
    do {
        if (conditions.size() == k_label_conditions_max) {
            return Error{ErrorCode::invalid_value, "there are more than 16 conditions"};
        }
        Result<LabelCondition> condition = parse_condition(take_part(rest, ','));
        if (!condition.has_value()) return condition.error();
        conditions.push_back(std::move(*condition));
    } while (!rest.empty());
    return conditions;
}

std::string text_of(const LabelConditions& conditions) {
    std::string text;
    for (const LabelCondition& condition : conditions) {
        text.append(text.empty() ? "" : ", ").append(condition.name);
        char before = '=';
        for (const std::string& pattern : condition.patterns) {
            (text += before) += pattern;
            before = '|';
        }
    }
    return text;
}

bool bears(const std::map<std::string, std::string>& labels, const LabelCondition& condition) {
    const auto found = labels.find(condition.name);
    return found != labels.end() && matches_any(condition, found->second);
}

LabelIndex::LabelIndex(std::span<const Backend> backends) : backends_{backends.size()} {
    std::map<std::pair<std::string_view, std::string_view>, std::uint32_t> numbers;
    for (std::size_t row = 0; row < backends.size(); ++row) {
        for (const auto& [name, value] : backends[row].labels) {
            Column& column = columns_[name];
            if (column.values.empty()) {
                column.values.emplace_back();
                column.value_of.resize(backends.size(), 0);
            }
            const auto next = static_cast<std::uint32_t>(column.values.size());
            const auto [number, fresh] = numbers.try_emplace({name, value}, next);
            if (fresh) column.values.push_back(value);
            column.value_of[row] = number->second;
        }
    }
}

std::vector<bool> LabelIndex::met_by_value(const LabelCondition& condition) const {
    const auto found = columns_.find(condition.name);
    if (found == columns_.end()) return {};
    const std::vector<std::string>& values = found->second.values;
    std::vector<bool> met(values.size());
    for (std::size_t i = 1; i < values.size(); ++i) met[i] = matches_any(condition, values[i]);
    return met;
}

template <class Unmet>
void LabelIndex::each_unmet(const LabelCondition& condition, Unmet unmet) const {
    const std::vector<bool> met = met_by_value(condition);
    const auto column = columns_.find(condition.name);
    for (std::size_t row = 0; row < backends_; ++row) {
        if (met.empty() || !met[column->second.value_of[row]]) unmet(row);
    }
}

void LabelIndex::apply(const LabelWish& wish, Standings& standings) const {
    standings.resize(backends_, 0);
    for (const LabelCondition& condition : wish.required) {
        each_unmet(condition, [&](std::size_t row) { standings[row] = k_barred; });
    }
    for (const LabelCondition& condition : wish.preferred) {
        each_unmet(condition, [&](std::size_t row) {
            if (standings[row] < k_barred - 1) ++standings[row];
        });
    }
}

}  // namespace penstock::fleet
