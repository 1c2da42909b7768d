#include "decide.h"

#include <algorithm>

#include "adapters.h"
#include "models.h"
#include "penstock/routing/survey.h"

namespace penstock::proxy {

namespace {

std::uint32_t whole(float tokens) noexcept {
    constexpr float k_most = 1e9F;  // the cast of what does not fit is undefined
    return static_cast<std::uint32_t>(std::clamp(tokens, 1.0F, k_most));
}

bool generates(engine::Endpoint endpoint) noexcept {
    return endpoint == engine::Endpoint::chat_completions ||
           endpoint == engine::Endpoint::completions || endpoint == engine::Endpoint::responses ||
           endpoint == engine::Endpoint::messages;
}

routing::Input input_of(Exchange& exchange, const fleet::Habit& habit) {
    const auto asked = static_cast<float>(exchange.facts.max_tokens);
    const float output = asked > 0 ? std::min(habit.output_tokens, asked) : habit.output_tokens;
    const routing::BalanceOptions& balance = exchange.pool->balance;
    return {
        .blocks = exchange.facts.blocks,
        .prompt_tokens =
            whole(static_cast<float>(exchange.facts.prompt_bytes) / habit.bytes_per_token),
        .block_tokens = whole(static_cast<float>(balance.block_size.count) / habit.bytes_per_token),
        .output_tokens = generates(exchange.endpoint) ? whole(output) : 0,
        .usual_output = whole(habit.output_tokens),
        .usual_uncached = whole(habit.uncached_tokens),
        .session = exchange.session.name,
        .sequence = exchange.generation.turn_of(*exchange.pool)};
}

bool reads_prefix(const Pool& pool) noexcept {
    return pool.policy->reads_prefix() || pool.shadow.has_value();
}

/// What the labels of backend `i` are to this request.
void stand(const Exchange& exchange, std::size_t i, fleet::SheetRow& row) noexcept {
    const std::span<const fleet::Standing> standings = exchange.placement.standings;
    if (standings.empty() || standings[i] == 0) return;
    if (standings[i] == fleet::k_barred) row.unfit |= fleet::k_other_labels;
    row.place_price = exchange.route->spill_cost * static_cast<float>(standings[i]);
}

/// Marks what only this request knows: other models, backends that failed it, labels.
void mark_rows(Exchange& exchange, const std::vector<fleet::Slot>& excluded) {
    Worker& worker = exchange.worker;
    const Pool& pool = *exchange.pool;
    const std::string_view model = exchange.facts.model;
    const bool by_list = exchange.model_listed && !configured(pool, model);
    for (std::size_t i = 0; i < pool.backends.size(); ++i) {
        fleet::SheetRow& row = worker.sheet[i];
        if (by_list && !lists(worker.table(), pool.backends[i], model))
            row.unfit |= fleet::k_other_model;
        if (std::find(excluded.begin(), excluded.end(), row.slot) != excluded.end()) {
            row.unfit |= fleet::k_excluded;
        }
        stand(exchange, i, row);
    }
}

Micros micros_of(float seconds) noexcept {
    constexpr float k_most = 1e6F;
    return Micros{static_cast<Micros::rep>(std::clamp(seconds, -k_most, k_most) * 1e6F)};
}

/// What the pool's shadow policy would have picked from the same sheet. `chance`: as the pool's own
/// policy met it, so that both break ties alike.
void ask_shadow(Exchange& exchange, const routing::Input& input, std::uint32_t picked, Rng chance) {
    const Pool& pool = *exchange.pool;
    if (!pool.shadow) return;
    const std::vector<fleet::SheetRow>& sheet = exchange.worker.sheet;
    const std::uint32_t other = pool.shadow->policy->decide(input, sheet, chance).row;
    const auto cost = [&](std::uint32_t row) {
        return pool.shadow->estimate->explain(input, sheet, row)[0];
    };
    exchange.worker.metrics.shadowed(
        {.pool = pool.name,
         .policy = pool.shadow->policy->name(),
         .agrees = other == picked,
         .added = other == picked ? Micros{0} : micros_of(cost(other) - cost(picked))});
}

}  // namespace

routing::Input survey(Exchange& exchange, const std::vector<fleet::Slot>& excluded) {
    Worker& worker = exchange.worker;
    find_adapter(exchange);
    fleet::observe(exchange.pool->backends,
                   {.table = worker.table(),
                    .counters = worker.shared.counters,
                    .now = worker.loop.now(),
                    .stale_after = exchange.pool->balance.stale_after,
                    .adapter = exchange.adapter,
                    .adapters = &worker.shared.adapters},
                   worker.sheet);
    fleet::Habit& habit = worker.habits.of(exchange.pool->name, exchange.facts.model);
    rule_out_unlisted(exchange);
    mark_rows(exchange, excluded);
    const routing::Input input = input_of(exchange, habit);
    const std::chrono::duration<float> worth = exchange.pool->balance.session_worth;
    routing::survey(input,
                    {.index = reads_prefix(*exchange.pool) ? &worker.shared.index : nullptr,
                     .holdings = worker.holdings,
                     .foreign = habit.foreign,
                     .learns = exchange.purpose == Purpose::serve,
                     .home = {exchange.session.home, worth.count()},
                     .place_priced = !exchange.placement.standings.empty()},
                    worker.sheet);
    return input;
}

void keep_candidates(Exchange& exchange, const routing::Input& input,
                     const routing::Decision& decision) {
    if (!exchange.tells_candidates()) return;
    const Worker& worker = exchange.worker;
    const Pool& pool = *exchange.pool;
    exchange.candidates.clear();
    std::vector<std::array<float, routing::k_terms>> terms(pool.backends.size());
    pool.policy->explain_all(input, worker.sheet, terms);
    for (std::uint32_t i = 0; i < pool.backends.size(); ++i) {
        Candidate candidate{.backend = &pool.backends[i],
                            .row = worker.sheet[i],
                            .chosen = i == decision.row,
                            .terms = terms[i]};
        if (const auto* state = fleet::state_of(worker.table(), candidate.row.slot)) {
            candidate.health = state->health;
            candidate.ejected = state->ejected;
        }
        exchange.candidates.push_back(candidate);
    }
    rank(exchange.candidates);
    const bool all = exchange.purpose == Purpose::explain;
    if (!all && exchange.candidates.size() > k_candidates_told)
        exchange.candidates.resize(k_candidates_told);
}

Error nobody_fits(const Exchange& exchange) {
    const std::vector<fleet::SheetRow>& sheet = exchange.worker.sheet;
    const bool full = std::any_of(sheet.begin(), sheet.end(), [](const fleet::SheetRow& row) {
        return (row.unfit & ~static_cast<unsigned>(fleet::k_excluded)) == fleet::k_full;
    });
    if (full) return ErrorCode::too_many_requests;
    return Error{ErrorCode::no_healthy_backend, required_labels_text(exchange)};
}

Result<Pick> decide(Exchange& exchange, const std::vector<fleet::Slot>& excluded) {
    Worker& worker = exchange.worker;
    const Pool& pool = *exchange.pool;
    const routing::Input input = survey(exchange, excluded);
    for (;;) {
        const Rng chance = worker.rng;
        const routing::Decision decision = pool.policy->decide(input, worker.sheet, worker.rng);
        if (!decision.found()) {
            keep_candidates(exchange, input, decision);
            return nobody_fits(exchange);
        }
        const fleet::Backend& backend = pool.backends[decision.row];
        const fleet::SheetRow& row = worker.sheet[decision.row];
        const std::uint32_t cached = routing::cached_tokens(input, row);
        std::optional<fleet::Charge> charge =
            fleet::Charge::try_charge(worker.shared.counters[backend.slot], backend.max_in_flight,
                                      input.prompt_tokens - cached, input.output_tokens);
        if (charge) {
            // Who has no choice takes no turn: a session would take those of requests without one.
            if (decision.candidates > 1) ++exchange.generation.turn_of(pool);
            ask_shadow(exchange, input, decision.row, chance);
            keep_candidates(exchange, input, decision);
            const float ahead = fleet::work_ahead(row, static_cast<float>(input.usual_uncached));
            const auto own = static_cast<float>(input.prompt_tokens - cached);
            return Pick{.backend = &backend,
                        .decision = decision,
                        .charge = std::move(*charge),
                        .tokens_ahead = ahead,
                        .own_tokens = own,
                        .prompt_tokens = input.prompt_tokens,
                        .believed_tokens = routing::believed_tokens(input, row),
                        .cache_off = row.cache_off,
                        .prefill_s = static_cast<float>(row.rates.first_token(ahead + own)),
                        .batch = row.running + 1,
                        .adapter = row.adapter.room,
                        .own_share = fleet::own_share(row)};
        }
        worker.sheet[decision.row].unfit |= fleet::k_full;  // another worker took the last place
        routing::pass_over(worker.sheet);
    }
}

void record_pick(Exchange& exchange, const Pick& pick) {
    telemetry::RequestRecord& record = exchange.record;
    ++record.attempts;
    record.backend = pick.backend->url;
    record.reason = routing::name(pick.decision.reason);
    record.predicted_blocks = pick.cache_off ? 0 : pick.decision.held_blocks;
    record.session = session_outcome(exchange, pick.backend->slot);
    record.decided = exchange.elapsed();
    if (record.attempts == 1) {
        record.own = record.decided - exchange.body_complete;
    } else {
        exchange.worker.metrics.count(telemetry::Count::retries);
    }
}

bool others_fit(const Exchange& exchange, fleet::Slot slot,
                const std::vector<fleet::Slot>& excluded) {
    const fleet::LoadTable& table = exchange.worker.table();
    const auto& backends = exchange.pool->backends;
    const std::span<const fleet::Standing> standings = exchange.placement.standings;
    return std::any_of(backends.begin(), backends.end(), [&](const fleet::Backend& backend) {
        const fleet::BackendState* state = fleet::state_of(table, backend.slot);
        const auto at = static_cast<std::size_t>(&backend - backends.data());
        const bool barred = !standings.empty() && standings[at] == fleet::k_barred;
        return !barred && backend.slot != slot && backend.weight > 0 && state != nullptr &&
               state->health == fleet::Health::healthy && !state->draining && !state->ejected &&
               std::find(excluded.begin(), excluded.end(), backend.slot) == excluded.end();
    });
}

std::string explanation(const Exchange& exchange, const fleet::Backend& backend,
                        const routing::Decision& decision) {
    std::string text = "backend=" + backend.url +
                       "; policy=" + std::string{exchange.pool->policy->name()} +
                       "; reason=" + std::string{routing::name(decision.reason)} +
                       "; candidates=" + std::to_string(decision.candidates) +
                       "; held=" + std::to_string(decision.held_blocks) + "/" +
                       std::to_string(exchange.facts.blocks.size()) + "; ";
    append_terms(text, decision.terms, *exchange.pool->policy);
    return text;
}

}  // namespace penstock::proxy
