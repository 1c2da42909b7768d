// The report as one HTML page: a bar chart of each figure as inline SVG, and the table.
#include <algorithm>
#include <array>
#include <cstdio>

#include "penstock/sim/report.h"

namespace penstock::sim {

namespace {

constexpr double k_name_width = 240;
constexpr double k_bar_width = 420;
constexpr double k_row_height = 22;
// A policy that fails by orders of magnitude would make the others' bars invisible: bars are cut at
// so many medians.
constexpr double k_cut_medians = 3;

constexpr std::array k_charts{Figure::ttft_p50, Figure::ttft_p90, Figure::ttft_p99,
                              Figure::e2e_mean, Figure::goodput,  Figure::throughput,
                              Figure::hit_rate, Figure::imbalance};

constexpr const char* k_style = R"(
:root{color-scheme:light dark}
body{font:14px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em}
h2{font-size:15px;margin:1.6em 0 .2em}
dl{display:grid;grid-template-columns:max-content auto;gap:.1em 1em}dd{margin:0}
p.note{opacity:.7;margin:.2em 0}
.chart{overflow-x:auto}
.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .3em 0 .8em}
svg{width:100%;min-width:640px;height:auto;font:12px system-ui,sans-serif}
svg text{fill:currentColor}
.bar{fill:#5b8def;background:#5b8def}.first{fill:#e0872f;background:#e0872f}.whisker{stroke:currentColor;stroke-width:1.5}
pre{overflow-x:auto;font-size:12px}pre.command{white-space:pre-wrap;overflow-wrap:anywhere}
)";

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string fixed(double value, int digits) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string label(double x, double y, const std::string& text) {
    return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\">" + escaped(text) + "</text>";
}

std::string line(double x1, double x2, double y) {
    return "<line class=\"whisker\" x1=\"" + fixed(x1, 1) + "\" x2=\"" + fixed(x2, 1) + "\" y1=\"" +
           fixed(y, 1) + "\" y2=\"" + fixed(y, 1) + "\"/>";
}

/// The value that fills a bar's room: the longest bar with its interval.
double full_scale(const Report& report, Figure figure) {
    std::vector<double> means;
    double most = 0;
    for (const RouterOutcome& each : report.routers) {
        const Estimate estimate = each.runs.of(figure);
        means.push_back(estimate.mean);
        most = std::max(most, estimate.mean + estimate.half);
    }
    std::ranges::sort(means);
    const double median = means[means.size() / 2];
    const double scale = median > 0 ? std::min(most, k_cut_medians * median) : most;
    return scale > 0 ? scale : 1;
}

std::string bar(const RouterOutcome& router, Figure figure, double scale, double y) {
    const bool first = y == 0;  // the others are compared with it
    const Estimate estimate = router.runs.of(figure);
    const auto at = [scale](double value) {
        return std::clamp(value / scale, 0.0, 1.0) * k_bar_width;
    };
    const bool cut = estimate.mean > scale;
    std::string out = label(0, y + 15, router.name);
    out += "<rect class=\"bar" + std::string{first ? " first" : ""} + "\" x=\"" +
           fixed(k_name_width, 1) + "\" y=\"" + fixed(y + 3, 1) + "\" width=\"" +
           fixed(at(estimate.mean), 1) + "\" height=\"16\"/>";
    if (estimate.half > 0 && !cut) {
        out += line(k_name_width + at(estimate.mean - estimate.half),
                    k_name_width + at(estimate.mean + estimate.half), y + 11);
    }
    std::string number = fixed(estimate.mean, text(figure).digits);
    if (estimate.half > 0) number += " ±" + fixed(estimate.half, text(figure).digits);
    if (cut) number = "» " + number;
    return out + label(k_name_width + k_bar_width + 8, y + 15, number) + "\n";
}

std::string chart(const Report& report, Figure figure) {
    const double scale = full_scale(report, figure);
    const std::string what{text(figure).what};
    const double height = k_row_height * static_cast<double>(report.routers.size());
    std::string out = "<h2>" + escaped(what) + "</h2>\n<p class=\"note\">" +
                      escaped(std::string{text(figure).head}) + ", " +
                      (text(figure).more_is_better ? "more" : "less") +
                      " is better</p>\n<div class=\"chart\"><svg role=\"img\" aria-label=\"" +
                      escaped(what) + "\" viewBox=\"0 0 820 " + fixed(height, 0) + "\">\n";
    double y = 0;
    for (const RouterOutcome& each : report.routers) {
        out += bar(each, figure, scale, y);
        y += k_row_height;
    }
    return out + "</svg></div>\n";
}

std::string legend(const Report& report) {
    std::string out =
        "<p class=\"note\">Lines: 95 % confidence intervals over the seeds. »: the bar is cut.";
    if (report.routers.size() > 1) {
        out += "<span class=\"key first\"></span>" + escaped(report.routers.front().name) +
               ", which the others are compared with<span class=\"key bar\"></span>the others";
    }
    return out + "</p>\n";
}

std::string told(const Provenance& made) {
    std::string out;
    if (!made.version.empty() || !made.date.empty()) {
        out += "<p class=\"note\">Penstock " + escaped(made.version) + ", " + escaped(made.date) +
               "</p>\n";
    }
    if (!made.command.empty())
        out += "<pre class=\"command\">" + escaped(made.command) + "</pre>\n";
    return out;
}

}  // namespace

std::string report_html(const Report& report, const Provenance& made) {
    std::string out =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<title>Penstock simulation</title><style>";
    out += k_style;
    out += "</style></head><body>\n<h1>Penstock simulation</h1>\n" + told(made) + "<dl>\n";
    for (const auto& [name, value] : report.setting) {
        out += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
    }
    out += "</dl>\n" + legend(report);
    for (const Figure figure : k_charts) out += chart(report, figure);
    out += "<h2>Numbers</h2>\n<pre>" + escaped(figures_text(report)) + "</pre>\n</body></html>\n";
    return out;
}

}  // namespace penstock::sim
