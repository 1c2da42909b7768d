#include <algorithm>
#include <limits>

#include "pick.h"

namespace penstock::routing {

void pass_over(std::span<fleet::SheetRow> sheet) noexcept {
    constexpr float k_most = std::numeric_limits<float>::max();
    float least_place = k_most;
    float least_move = k_most;
    for (const fleet::SheetRow& row : sheet) {
        if (is_fit(row)) least_place = std::min(least_place, row.place_price);
    }
    for (fleet::SheetRow& row : sheet) {
        row.out_of_place = row.place_price > least_place;
        if (is_in_place(row)) least_move = std::min(least_move, row.move_price);
    }
    for (fleet::SheetRow& row : sheet) row.off_home = row.move_price > least_move;
}

}  // namespace penstock::routing
