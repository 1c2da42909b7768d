#include "prefix_load.h"

#include <algorithm>

#include "pick.h"

namespace penstock::routing {

namespace {

constexpr double k_kv_tokens = 8192;  // a full cache: preemption throws away work of that order
constexpr double k_kv_knee = 0.9;
// What the wait of a running answer for its next token counts against that of this request for its
// first: by simulation (decision 0008).
constexpr double k_stall = 0.1;
// Of the time to load an adapter, for the idle one that goes: somebody will want it back.
constexpr double k_reload = 0.5;

/// Tokens that are prefilled before this prompt's: those this proxy has sent, and a guess for the
/// requests of others that wait there.
double tokens_ahead(const Input& input, const fleet::SheetRow& row) noexcept {
    const float foreign = std::max(0.0F, row.running + row.waiting - row.in_flight);
    return static_cast<double>(row.prefill_tokens) +
           static_cast<double>(std::min(row.waiting, foreign)) * input.usual_uncached;
}

/// Going elsewhere would have cost more for the session's sake.
bool keeps_session(Sheet sheet, const fleet::SheetRow& chosen) noexcept {
    return std::any_of(sheet.begin(), sheet.end(), [&](const fleet::SheetRow& row) {
        return is_fit(row) && row.move_price > chosen.move_price;
    });
}

Reason reason_of(Sheet sheet, const Decision& decision) noexcept {
    const fleet::SheetRow& chosen = sheet[decision.row];
    if (decision.candidates == 1) return Reason::only;
    if (chosen.held_blocks > 0 && !chosen.cache_off) return Reason::prefix;
    return keeps_session(sheet, chosen) ? Reason::session : Reason::load;
}

/// How many prompts wait for prefill on a backend: the harmonic mean over the fleet, since who
/// comes next goes where few wait. One idle backend makes it nothing, one crowded backend hardly
/// more.
double prompts_waiting(const Input& input, Sheet sheet) noexcept {
    constexpr double k_few_tokens = 100;  // as good as none; and keeps the sum finite
    const double usual = std::max(1.0, static_cast<double>(input.usual_uncached));
    double fit = 0;
    double sum = 0;
    for (const fleet::SheetRow& row : sheet) {
        if (!is_fit(row)) continue;
        ++fit;
        sum += 1 / (tokens_ahead(input, row) + k_few_tokens);
    }
    return fit > 0 ? std::max(0.0, fit / sum - k_few_tokens) / usual : 0;
}

/// Until the adapter is there, and what that costs others. At work, adapters end with their
/// requests: with the mean of them, one after the other.
double adapter_seconds(const Input& input, const fleet::SheetRow& row, double running) noexcept {
    const double load = row.rates.adapter_load;
    switch (row.adapter.room) {
        case fleet::AdapterRoom::none:
        case fleet::AdapterRoom::loaded:
            return 0;
        case fleet::AdapterRoom::free:
            return load;
        case fleet::AdapterRoom::idle:
            return (1 + k_reload) * load;
        case fleet::AdapterRoom::busy:
            break;
    }
    const double answer = input.usual_output * row.rates.decode_step(running);
    return (1 + k_reload) * load + (1 + static_cast<double>(row.adapter.ahead)) * answer;
}

/// Until one of the running has its answer and all who wait have had their turn: places in a full
/// batch come free one after the other.
double place_seconds(const Input& input, const fleet::SheetRow& row, double running) noexcept {
    if (!row.batch_full) return 0;
    const double answer = input.usual_output * row.rates.decode_step(running);
    return (1 + static_cast<double>(row.waiting)) * answer / std::max(running, 1.0);
}

/// One row's terms. Those that nobody reads are not computed: a decision reads the total alone.
struct Seconds {
    double prefix = 0;
    double queue = 0;
    double prefill = 0;
    double others = 0;
    double kv = 0;
    double adapter = 0;
    double place = 0;
    double session = 0;
    [[nodiscard]] float total(float weight) const noexcept {
        const double sum = prefix + queue + prefill + others + kv + adapter + place + session;
        // Most weights are 1, and a division takes longer than all the rest.
        return static_cast<float>(weight == 1 ? sum : sum / std::max<double>(weight, 1e-6));
    }
};

/// `waiting`: prompts for which each second of prefill is a second more.
inline Seconds seconds_of(const Input& input, const fleet::SheetRow& row, double waiting) noexcept {
    const double running = row.running;
    const double held = cached_tokens(input, row);
    const fleet::Rates& rates = row.rates;
    const double uncached = input.prompt_tokens - held;
    Seconds seconds;
    seconds.prefix = -rates.prefill_per_token * held;
    // Prompts are prefilled while places are waited for.
    seconds.queue = std::max(rates.prefill_per_token * tokens_ahead(input, row),
                             place_seconds(input, row, running)) +
                    (running > 0 ? rates.decode_step(running) : 0);
    seconds.prefill = rates.first_token(input.prompt_tokens);
    seconds.others = (k_stall * running + waiting) * rates.prefill_per_token * uncached;
    // What is cached there must go for the uncached part. The more of the cache running requests
    // have, the less is left of it for others, and the sooner somebody will want that again.
    if (row.kv_use > 0) seconds.kv = row.kv_use * rates.prefill_per_token * uncached;
    const double full = row.kv_use < 0 ? 0 : std::min(1.0F, row.kv_use + row.kv_growth);
    if (full > k_kv_knee) {
        seconds.kv += (full - k_kv_knee) / (1 - k_kv_knee) * k_kv_tokens * rates.prefill_per_token;
    }
    seconds.adapter = adapter_seconds(input, row, running);
    seconds.place = row.place_price;
    seconds.session = row.move_price;
    return seconds;
}

}  // namespace

std::array<float, k_terms> PrefixLoad::terms(const Input& input, const fleet::SheetRow& row,
                                             double waiting) const noexcept {
    const Seconds seconds = seconds_of(input, row, waiting);
    std::array<float, k_terms> terms{};
    const auto tell = [&terms](Term term, double value) {
        terms[static_cast<std::size_t>(term)] = static_cast<float>(value);
    };
    tell(Term::total, seconds.total(row.weight));
    tell(Term::prefix, seconds.prefix);
    tell(Term::queue, seconds.queue);
    tell(Term::prefill, seconds.prefill);
    tell(Term::others, seconds.others);
    tell(Term::kv, seconds.kv);
    tell(Term::adapter, seconds.adapter);
    tell(Term::place, seconds.place);
    tell(Term::session, seconds.session);
    return terms;
}

Decision PrefixLoad::decide(const Input& input, Sheet sheet, Rng& rng) const noexcept {
    const double waiting = prompts_waiting(input, sheet);
    Decision decision = pick_least<is_fit>(sheet, rng, [&](const fleet::SheetRow& row) {
        return seconds_of(input, row, waiting).total(row.weight);
    });
    if (!decision.found()) return decision;
    const fleet::SheetRow& chosen = sheet[decision.row];
    decision.terms = terms(input, chosen, waiting);
    decision.held_blocks = chosen.held_blocks;
    decision.reason = reason_of(sheet, decision);
    return decision;
}

std::array<float, k_terms> PrefixLoad::explain(const Input& input, Sheet sheet,
                                               std::uint32_t row) const noexcept {
    return terms(input, sheet[row], prompts_waiting(input, sheet));
}

void PrefixLoad::explain_all(const Input& input, Sheet sheet,
                             std::span<std::array<float, k_terms>> out) const noexcept {
    const double waiting = prompts_waiting(input, sheet);
    for (std::size_t i = 0; i < sheet.size(); ++i) out[i] = terms(input, sheet[i], waiting);
}

}  // namespace penstock::routing
