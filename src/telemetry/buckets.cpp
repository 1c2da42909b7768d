#include "buckets.h"

namespace penstock::telemetry {

std::string seconds_text(std::uint32_t micros) {
    constexpr std::uint32_t k_micros = 1'000'000;
    std::string text = std::to_string(micros / k_micros);
    if (micros % k_micros == 0) return text;
    std::string digits = std::to_string(micros % k_micros + k_micros).substr(1);
    while (digits.back() == '0') digits.pop_back();
    return text + '.' + digits;
}

}  // namespace penstock::telemetry
