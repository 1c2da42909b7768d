// The table on the terminal, and JSON.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "penstock/base/text_table.h"
#include "penstock/sim/report.h"

namespace penstock::sim {

namespace {

std::string fixed(double value, int digits) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

// "1.23 ±0.04"; the margin only where there is one.
std::string cell(const Estimate& estimate, int digits) {
    std::string text = fixed(estimate.mean, digits);
    if (estimate.half > 0) text += " ±" + fixed(estimate.half, digits);
    return text;
}

using Row = std::vector<std::string>;

constexpr std::array<std::size_t, 1> k_left{0};  // the names

constexpr std::array k_all{
    Figure::ttft_mean,  Figure::ttft_p50, Figure::ttft_p90, Figure::ttft_p99,  Figure::e2e_mean,
    Figure::throughput, Figure::goodput,  Figure::hit_rate, Figure::imbalance, Figure::lost};

bool anything_lost(const Report& report) {
    return std::ranges::any_of(report.routers, [](const RouterOutcome& each) {
        return each.runs.of(Figure::lost).mean > 0;
    });
}

// How `each` compares with the first, as "-12.3 % ±1.1"; "=" where chance may explain it.
std::string compared(const Runs& first, const Runs& each, Figure figure) {
    const Estimate difference = each.difference(first, figure);
    const double base = first.of(figure).mean;
    if (std::abs(difference.mean) <= difference.half || base == 0) return "=";
    const std::string sign = difference.mean > 0 ? "+" : "";
    return sign + fixed(100 * difference.mean / base, 1) + "% ±" +
           fixed(100 * difference.half / std::abs(base), 1);
}

std::string differences(const Report& report) {
    constexpr std::array k_compared{Figure::ttft_p50, Figure::ttft_p90, Figure::ttft_p99,
                                    Figure::e2e_mean, Figure::goodput};
    std::vector<Row> rows{{"against " + report.routers.front().name}};
    for (const Figure figure : k_compared) rows[0].emplace_back(text(figure).head);
    for (std::size_t i = 1; i < report.routers.size(); ++i) {
        const RouterOutcome& each = report.routers[i];
        Row row{each.name};
        for (const Figure figure : k_compared) {
            row.push_back(compared(report.routers.front().runs, each.runs, figure));
        }
        rows.push_back(std::move(row));
    }
    return text_table(rows, k_left);
}

}  // namespace

std::string table_text(const Report& report) {
    std::string out;
    for (const auto& [name, value] : report.setting) {
        out.append(name).append(": ").append(value).append("\n");
    }
    return out + "\n" + figures_text(report);
}

std::string figures_text(const Report& report) {
    const bool with_lost = anything_lost(report);
    std::vector<Row> rows{{"policy"}};
    for (const Figure figure : k_all) {
        if (figure != Figure::lost || with_lost) rows[0].emplace_back(text(figure).head);
    }
    for (const RouterOutcome& each : report.routers) {
        Row row{each.name};
        for (const Figure figure : k_all) {
            if (figure == Figure::lost && !with_lost) continue;
            row.push_back(cell(each.runs.of(figure), text(figure).digits));
        }
        rows.push_back(std::move(row));
    }
    std::string out = text_table(rows, k_left);
    const bool paired = report.routers.size() > 1 && report.routers.front().runs.seeds.size() > 1;
    if (paired) {
        out += "\nPaired by seed; \"=\": within the 95 % interval, so maybe chance.\n" +
               differences(report);
    }
    return out;
}

std::string report_json(const Report& report) {
    nlohmann::ordered_json root;
    for (const auto& [name, value] : report.setting) root["setting"][name] = value;
    root["policies"] = nlohmann::ordered_json::array();
    for (const RouterOutcome& each : report.routers) {
        nlohmann::ordered_json policy{{"policy", each.name}};
        for (const Figure figure : k_all) {
            const Estimate estimate = each.runs.of(figure);
            const Estimate difference = each.runs.difference(report.routers.front().runs, figure);
            nlohmann::ordered_json& out = policy["figures"][std::string{text(figure).key}];
            out["mean"] = estimate.mean;
            out["ci95"] = estimate.half;
            out["difference"] = difference.mean;
            out["difference_ci95"] = difference.half;
            for (const Figures& seed : each.runs.seeds) {
                out["seeds"].push_back(seed[static_cast<std::size_t>(figure)]);
            }
        }
        root["policies"].push_back(std::move(policy));
    }
    return root.dump(2) + "\n";
}

}  // namespace penstock::sim
