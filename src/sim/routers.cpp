// Names of routers, and what the user may write.
#include "penstock/sim/routers.h"

#include <charconv>
#include <cmath>

#include "parameters.h"
#include "penstock_router.h"
#include "router_maker.h"

namespace penstock::sim {

namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

Error wrong(std::string sentence) {
    return {ErrorCode::invalid_value, std::move(sentence)};
}

std::string names_of(const auto& named) {
    std::string names;
    for (const auto& each : named) names.append(names.empty() ? "" : ", ").append(each.name);
    return names;
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

struct Variant {
    std::string name;
    Parameters parameters;
};

std::string no_parameter(const RouterKind& kind, std::string_view parameter) {
    if (kind.parameters.empty()) return std::string{kind.name} + " has no parameters";
    return std::string{kind.name} + " has no \"" + std::string{parameter} +
           "\"; it has: " + names_of(kind.parameters);
}

/// Each of the variants so far with each of the values.
Result<std::vector<Variant>> multiplied(const std::vector<Variant>& variants,
                                        const RouterKind& kind, std::string_view setting) {
    const std::size_t equals = setting.find('=');
    const std::string_view parameter = setting.substr(0, equals);
    std::vector<Variant> out;
    const auto values = equals == std::string_view::npos ? std::vector<std::string_view>{}
                                                         : split(setting.substr(equals + 1), '/');
    for (const Variant& variant : variants) {
        for (const std::string_view text : values) {
            const std::optional<double> value = number(text);
            Variant made = variant;
            if (!value || *value < 0) {
                return wrong("\"" + std::string{setting} + "\" needs a number of at least 0");
            }
            if (!made.parameters.set(parameter, *value)) {
                return wrong(no_parameter(kind, parameter));
            }
            made.name += ":" + std::string{parameter} + "=" + std::string{text};
            out.push_back(std::move(made));
        }
    }
    if (out.empty()) return wrong("\"" + std::string{setting} + "\" is not NAME=VALUE");
    return out;
}

Result<std::vector<NamedRouter>> parse_one(std::string_view spec) {
    const std::vector<std::string_view> parts = split(spec, ':');
    for (const RouterMaker& maker : router_makers()) {
        if (maker.kind.name != parts.front()) continue;
        std::vector<Variant> variants{
            {std::string{maker.kind.name}, Parameters{maker.kind.parameters}}};
        for (std::size_t i = 1; i < parts.size(); ++i) {
            auto more = multiplied(variants, maker.kind, parts[i]);
            if (!more) return more.error();
            variants = std::move(*more);
        }
        std::vector<NamedRouter> routers;
        routers.reserve(variants.size());
        for (const Variant& variant : variants) {
            routers.push_back(
                {variant.name, [make = maker.make, variant](const RouterSetting& setting) {
                     return make(setting, variant.parameters);
                 }});
        }
        return routers;
    }
    return wrong("there is no policy \"" + std::string{parts.front()} +
                 "\"; there are: " + names_of(router_kinds()));
}

}  // namespace

const std::vector<RouterKind>& router_kinds() {
    static const std::vector<RouterKind> k_kinds = [] {
        std::vector<RouterKind> kinds;
        for (const RouterMaker& maker : router_makers()) kinds.push_back(maker.kind);
        return kinds;
    }();
    return k_kinds;
}

Result<std::vector<NamedRouter>> parse_routers(std::string_view list) {
    std::vector<NamedRouter> routers;
    for (const std::string_view spec : split(list, ',')) {
        if (spec == "all") {
            for (const RouterKind& kind : router_kinds()) {
                routers.push_back(std::move(parse_one(kind.name)->front()));
            }
            continue;
        }
        auto some = parse_one(spec);
        if (!some) return some.error();
        for (NamedRouter& each : *some) routers.push_back(std::move(each));
    }
    return routers;
}

}  // namespace penstock::sim
