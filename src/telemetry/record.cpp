#include "penstock/telemetry/record.h"

#include <array>
#include <cstddef>

namespace penstock::telemetry {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Outcome::broken) + 1> k_names{
    "ok", "client_error", "client_gone", "upstream_error", "engine_error", "refused", "broken"};

}  // namespace

std::string_view name(Outcome outcome) noexcept {
    return k_names[static_cast<std::size_t>(outcome)];
}

}  // namespace penstock::telemetry
