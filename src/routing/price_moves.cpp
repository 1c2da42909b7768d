#include <algorithm>

#include "penstock/routing/sessions.h"
#include "rendezvous.h"

namespace penstock::routing {

void price_moves(const Input& input, const SessionHome& home, float foreign,
                 std::span<fleet::SheetRow> sheet) noexcept {
    if (input.session == 0 || home.worth <= 0) return;
    std::uint32_t at = Decision::k_nobody;
    float price = home.worth;
    for (std::uint32_t i = 0; home.slot && i < sheet.size(); ++i) {
        if (sheet[i].slot == *home.slot && is_fit(sheet[i])) at = i;
    }
    if (at == Decision::k_nobody) {
        const CommonHome common = common_home(input.session, sheet, foreign);
        at = common.row;
        price *= common.chance;
    }
    if (at == Decision::k_nobody) return;
    for (std::uint32_t i = 0; i < sheet.size(); ++i) sheet[i].move_price = i == at ? 0 : price;
}

}  // namespace penstock::routing
