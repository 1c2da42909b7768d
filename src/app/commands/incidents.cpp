#include "incidents.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace penstock::app {

namespace {

constexpr double k_seconds_max = 1e8;  // three years
constexpr double k_factor_max = 1e4;

/// Numbers with colons between them; nothing: one of them is none.
std::optional<std::vector<double>> numbers(std::string_view text) {
    std::vector<double> all;
    for (;;) {
        const std::size_t end = text.find(':');
        const std::string_view part = text.substr(0, end);
        double value = 0;
        const auto read = std::from_chars(part.data(), part.data() + part.size(), value);
        if (read.ec != std::errc{} || read.ptr != part.data() + part.size()) return std::nullopt;
        all.push_back(value);
        if (end == std::string_view::npos) return all;
        text.remove_prefix(end + 1);
    }
}

bool within(double value, double least, double most) {
    return value >= least && value <= most;  // not a number is neither
}

Error wrong(const std::string& text, const char* form, std::uint32_t engines) {
    return {ErrorCode::invalid_value, "\"" + text + "\" is not " + form +
                                          " with an engine from 0 to " +
                                          std::to_string(engines - 1)};
}

/// The first two: when, and to which engine.
bool has_place(const std::vector<double>& told, std::uint32_t engines) {
    return within(told[0], 0, k_seconds_max) && within(told[1], 0, engines - 1.0) &&
           told[1] == std::floor(told[1]);
}

sim::Incident incident(const std::vector<double>& told, sim::Incident::Kind kind, double factor) {
    return {.at = Micros{std::llround(told[0] * 1e6)},
            .kind = kind,
            .engine = static_cast<std::uint32_t>(told[1]),
            .factor = factor};
}

/// What ends it, if `told` goes on to say after how many seconds.
void add_end(const std::vector<double>& told, std::size_t seconds_at, sim::Incident ending,
             std::vector<sim::Incident>& to) {
    if (told.size() <= seconds_at) return;
    ending.at += Micros{std::llround(told[seconds_at] * 1e6)};
    to.push_back(ending);
}

}  // namespace

Result<std::vector<sim::Incident>> parse_incidents(const std::vector<std::string>& fails,
                                                   const std::vector<std::string>& slows,
                                                   std::uint32_t engines) {
    using Kind = sim::Incident::Kind;
    std::vector<sim::Incident> all;
    for (const std::string& text : fails) {
        const auto told = numbers(text);
        const bool good = told && within(static_cast<double>(told->size()), 2, 3) &&
                          has_place(*told, engines) && within(told->back(), 0, k_seconds_max);
        if (!good) return wrong(text, "AT:ENGINE or AT:ENGINE:SECONDS", engines);
        all.push_back(incident(*told, Kind::fail, 1));
        add_end(*told, 2, incident(*told, Kind::start, 1), all);
    }
    for (const std::string& text : slows) {
        const auto told = numbers(text);
        const bool good = told && within(static_cast<double>(told->size()), 3, 4) &&
                          has_place(*told, engines) &&
                          within((*told)[2], 1 / k_factor_max, k_factor_max) &&
                          within(told->back(), 0, k_seconds_max);
        if (!good) return wrong(text, "AT:ENGINE:FACTOR or AT:ENGINE:FACTOR:SECONDS", engines);
        all.push_back(incident(*told, Kind::change, (*told)[2]));
        add_end(*told, 3, incident(*told, Kind::change, 1), all);
    }
    return all;
}

}  // namespace penstock::app
