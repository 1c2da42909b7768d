#include "penstock/routing/survey.h"

#include "penstock/routing/beliefs.h"

namespace penstock::routing {

namespace {

void match(const Input& input, const Memories& memories, std::span<fleet::SheetRow> sheet) {
    if (input.blocks.empty()) return;
    memories.index->match(input.blocks, memories.holdings);
    for (fleet::SheetRow& row : sheet) row.held_blocks = memories.holdings.of(row.slot);
}

}  // namespace

void survey(const Input& input, const Memories& memories, std::span<fleet::SheetRow> sheet) {
    const bool prefix = memories.index != nullptr;
    const bool session = input.session != 0 && memories.home.worth > 0;
    if (prefix) match(input, memories, sheet);
    if (memories.learns && (prefix || session)) memories.foreign.look(sheet);
    const float foreign = memories.foreign.value();
    if (session) price_moves(input, memories.home, foreign, sheet);
    if (prefix) add_beliefs(input, memories.index->home(input.blocks), foreign, sheet);
    // Without prices no row costs more than another: nothing to filter.
    if (session || memories.place_priced) pass_over(sheet);
}

}  // namespace penstock::routing
