#include "penstock/routing/beliefs.h"

#include <algorithm>

#include "rendezvous.h"

namespace penstock::routing {

namespace {

// By simulation (decision 0008): from 0.1 to 0.4 the results are alike.
constexpr float k_still_there = 0.3F;

void raise(fleet::SheetRow& row, std::uint32_t blocks, float chance) noexcept {
    if (blocks <= row.held_blocks) return;
    row.held_blocks +=
        static_cast<std::uint32_t>(chance * static_cast<float>(blocks - row.held_blocks));
}

}  // namespace

void add_beliefs(const Input& input, const PrefixHomes::Home& home, float foreign,
                 std::span<fleet::SheetRow> sheet) noexcept {
    const auto blocks = static_cast<std::uint32_t>(input.blocks.size());
    const auto at_home = home.blocks == 0
                             ? sheet.end()
                             : std::ranges::find(sheet, home.slot, &fleet::SheetRow::slot);
    if (at_home != sheet.end() && at_home->unfit == fleet::k_fit) {
        raise(*at_home, std::min(home.blocks, blocks), k_still_there);
    }
    if (blocks == 0) return;
    const CommonHome common = common_home(rendezvous_key(input), sheet, foreign);
    if (common.row == Decision::k_nobody) return;
    raise(sheet[common.row], blocks, common.chance);
}

}  // namespace penstock::routing
