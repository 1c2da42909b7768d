#include "measure.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace penstock::bench {

namespace {

void field(std::string& out, const char* name, double value) {
    char text[96];
    const int length = std::snprintf(text, sizeof(text), "%s\"%s\":%.10g",
                                     out.ends_with('{') ? "" : ",", name, value);
    out.append(text, static_cast<std::size_t>(length));
}

}  // namespace

double Delays::quantile_us(double share) const {
    if (nanos_.empty()) return 0;
    const auto last = static_cast<double>(nanos_.size() - 1);
    return static_cast<double>(nanos_[static_cast<std::size_t>(share * last + 0.5)]) / 1e3;
}

std::string Delays::to_json() {
    std::ranges::sort(nanos_);
    const auto count = static_cast<double>(nanos_.size());
    const double sum = std::accumulate(nanos_.begin(), nanos_.end(), 0.0);
    std::string out{"{"};
    field(out, "count", count);
    field(out, "mean", count > 0 ? sum / count / 1e3 : 0);
    field(out, "p50", quantile_us(0.5));
    field(out, "p90", quantile_us(0.9));
    field(out, "p99", quantile_us(0.99));
    field(out, "p999", quantile_us(0.999));
    field(out, "max", quantile_us(1));
    return out + "}";
}

std::string to_json(Report& report, const char* what, double seconds) {
    std::string out{"{"};
    field(out, "seconds", seconds);
    field(out, "requests", static_cast<double>(report.requests));
    field(out, "tokens", static_cast<double>(report.tokens));
    field(out, "bytes", static_cast<double>(report.bytes));
    field(out, "connections", static_cast<double>(report.connections));
    field(out, "errors", static_cast<double>(report.failures()));
    field(out, "failed_connect", static_cast<double>(report.failed_connect));
    field(out, "failed_closed", static_cast<double>(report.failed_closed));
    field(out, "failed_status", static_cast<double>(report.failed_status));
    field(out, "failed_end", static_cast<double>(report.failed_end));
    field(out, "reused_closed", static_cast<double>(report.reused_closed));
    out.append(",\"").append(what).append("\":").append(report.delays.to_json());
    return out + "}";
}

}  // namespace penstock::bench
