#include "penstock/base/unit_text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

namespace penstock {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t worth;
};

constexpr std::array<Unit, 5> k_durations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 5> k_sizes{{{"TiB", 1ULL << 40U},
                                       {"GiB", 1ULL << 30U},
                                       {"MiB", 1ULL << 20U},
                                       {"KiB", 1ULL << 10U},
                                       {"B", 1}}};

struct Quantity {
    std::uint64_t number = 0;
    std::string_view unit;
};

constexpr bool digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Takes a number and the letters behind it from the front of `text`.
std::optional<Quantity> take_quantity(std::string_view& text) noexcept {
    Quantity quantity;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, quantity.number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    std::size_t letters = 0;
    while (letters < text.size() && !digit(text[letters])) ++letters;
    quantity.unit = text.substr(0, letters);
    text.remove_prefix(letters);
    return quantity;
}

/// `worth` times `number`, unless that is more than `most`.
std::optional<std::uint64_t> product(std::uint64_t number, std::uint64_t worth,
                                     std::uint64_t most) noexcept {
    if (number > most / worth) return std::nullopt;
    return number * worth;
}

Error refused(std::string_view text, std::string_view why) {
    std::string message = "\"";
    message.append(text).append("\" is no ").append(why);
    return Error{ErrorCode::invalid_value, std::move(message)};
}

Error no_duration(std::string_view text) {
    return refused(text,
                   "duration: write whole numbers with d, h, m, s or ms, as in \"250ms\" or "
                   "\"1m30s\"");
}

Error no_size(std::string_view text) {
    return refused(text,
                   "size: write a whole number with B, KiB, MiB, GiB or TiB, as in \"64MiB\"");
}

}  // namespace

Result<Millis> parse_duration(std::string_view text) {
    constexpr auto k_most = static_cast<std::uint64_t>(k_duration_max.count());
    if (text == "0") return Millis{0};
    std::string_view rest = text;
    std::uint64_t total = 0;
    std::size_t next = 0;  // units before this one have had their turn
    do {
        const std::optional<Quantity> quantity = take_quantity(rest);
        if (!quantity) return no_duration(text);
        while (next < k_durations.size() && k_durations[next].name != quantity->unit) ++next;
        if (next == k_durations.size()) return no_duration(text);
        const auto part = product(quantity->number, k_durations[next].worth, k_most - total);
        if (!part) {
            return Error{ErrorCode::invalid_value,
                         "\"" + std::string{text} + "\" is more than ten years"};
        }
        total += *part;
        ++next;
    } while (!rest.empty());
    return Millis{static_cast<Millis::rep>(total)};
}

std::string duration_text(Millis duration) {
    auto left = static_cast<std::uint64_t>(duration.count());
    if (left == 0) return "0s";
    std::string text;
    for (const Unit& unit : k_durations) {
        if (left < unit.worth) continue;
        text += std::to_string(left / unit.worth);
        text += unit.name;
        left %= unit.worth;
    }
    return text;
}

Result<Bytes> parse_size(std::string_view text) {
    if (text == "0") return Bytes{0};
    std::string_view rest = text;
    const std::optional<Quantity> quantity = take_quantity(rest);
    if (!quantity || !rest.empty()) return no_size(text);
    for (const Unit& unit : k_sizes) {
        if (unit.name != quantity->unit) continue;
        const auto bytes =
            product(quantity->number, unit.worth, std::numeric_limits<std::uint64_t>::max());
        if (!bytes) return no_size(text);
        return Bytes{*bytes};
    }
    return no_size(text);
}

std::string size_text(Bytes size) {
    for (const Unit& unit : k_sizes) {
        if (size.count < unit.worth || size.count % unit.worth != 0) continue;
        return std::to_string(size.count / unit.worth) + std::string{unit.name};
    }
    return "0B";
}

}  // namespace penstock
