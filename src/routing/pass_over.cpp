#include <algorithm>
#include <limits>

#include "pick.h"

namespace penstock::routing {

void pass_over(std::span<fleet::SheetRow> sheet) noexcept {
    float least = std::numeric_limits<float>::max();
    for (const fleet::SheetRow& row : sheet) {
        if (is_fit(row)) least = std::min(least, row.place_price);
    }
    for (fleet::SheetRow& row : sheet) row.passed_over = row.place_price > least;
}

}  // namespace penstock::routing
