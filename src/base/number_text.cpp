#include "penstock/base/number_text.h"

#include <cmath>

namespace penstock {

namespace {

constexpr int k_digits = 3;
// Without an exponent between these: the text is short there.
constexpr double k_least = 1e-6;
constexpr double k_most = 1e12;

}  // namespace

std::string readable(double number) {
    char text[32];  // a sign and 12 digits; "0." with 8 digits or an exponent is no longer
    char* const room = text + sizeof text;
    const double size = std::abs(number);
    if (size == 0) return "0";
    if (!(size >= k_least && size < k_most)) {
        return {text, std::to_chars(text, room, number, std::chars_format::general, k_digits).ptr};
    }
    // Rounded as text, since few roundings are numbers; its shortest text has no other digits.
    char* end = std::to_chars(text, room, number, std::chars_format::scientific, k_digits - 1).ptr;
    double rounded = 0;
    std::from_chars(text, end, rounded);
    end = std::to_chars(text, room, rounded, std::chars_format::fixed).ptr;
    return {text, end};
}

}  // namespace penstock
