#include "penstock/fleet/adapters.h"

#include <algorithm>

#include "penstock/base/hash.h"

namespace penstock::fleet {

namespace {

// Of engines that do not tell: SGLang's default. (vLLM's is 1, but it tells.)
constexpr double k_usual_slots = 8;

constexpr double k_most_slots = 1e6;

const AdapterUse* find_use(std::span<const AdapterUse> uses, AdapterId adapter) noexcept {
    const auto found = std::ranges::find(uses, adapter, &AdapterUse::id);
    return found == uses.end() ? nullptr : &*found;
}

/// The adapters of one backend, each counted once.
struct Census {
    std::size_t at_work = 0;       // by the engine's word, or sent since
    std::size_t idle = 0;          // sent before, not at work now
    std::size_t idle_newer = 0;    // of the idle ones, used after the wanted one
    bool wanted_is_sent = false;   // since the engine's word
    bool wanted_is_known = false;  // sent at some time
};

Census count(AdapterId wanted, const AdapterNews& news,
             std::span<const AdapterHistory::Seen> seen) noexcept {
    const auto own = std::ranges::find(seen, wanted, &AdapterHistory::Seen::adapter);
    Census census;
    census.at_work = news.at_work.size();
    census.wanted_is_known = own != seen.end();
    for (const AdapterHistory::Seen& each : seen) {
        if (find_use(news.at_work, each.adapter) != nullptr) continue;
        if (each.used >= news.when) {
            ++census.at_work;
            census.wanted_is_sent = census.wanted_is_sent || each.adapter == wanted;
        } else {
            ++census.idle;
            if (census.wanted_is_known && each.used > own->used) ++census.idle_newer;
        }
    }
    return census;
}

}  // namespace

AdapterId adapter_id(std::string_view name) noexcept {
    return name.empty() ? 0 : std::max<AdapterId>(hash64(name), 1);
}

std::string_view name(AdapterRoom room) noexcept {
    switch (room) {
        case AdapterRoom::none:
            return "none";
        case AdapterRoom::loaded:
            return "loaded";
        case AdapterRoom::free:
            return "free";
        case AdapterRoom::idle:
            return "idle";
        case AdapterRoom::busy:
            return "busy";
    }
    return "none";
}

AdapterHistory::AdapterHistory() : entries_{k_slots_max * k_entries} {}

std::span<AdapterHistory::Entry, AdapterHistory::k_entries> AdapterHistory::entries(
    Slot slot) const noexcept {
    return std::span<Entry, k_entries>{&entries_[std::size_t{slot} * k_entries], k_entries};
}

void AdapterHistory::note(Slot slot, AdapterId adapter, TimePoint now) noexcept {
    Entry* place = nullptr;
    Clock::rep oldest = 0;
    for (Entry& each : entries(slot)) {
        const Clock::rep used = each.used.load(std::memory_order_relaxed);
        const AdapterId known = each.adapter.load(std::memory_order_relaxed);
        if (known == adapter || place == nullptr || used < oldest) {
            place = &each;
            oldest = used;
        }
        if (known == adapter) break;
    }
    place->adapter.store(adapter, std::memory_order_relaxed);
    place->used.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

void AdapterHistory::forget(Slot slot, AdapterId adapter) noexcept {
    for (Entry& each : entries(slot)) {
        if (each.adapter.load(std::memory_order_relaxed) != adapter) continue;
        each.adapter.store(0, std::memory_order_relaxed);
        each.used.store(0, std::memory_order_relaxed);
    }
}

void AdapterHistory::flush(Slot slot) noexcept {
    for (Entry& each : entries(slot)) {
        if (each.adapter.load(std::memory_order_relaxed) == 0) continue;
        each.adapter.store(0, std::memory_order_relaxed);
        each.used.store(0, std::memory_order_relaxed);
    }
}

std::span<const AdapterHistory::Seen> AdapterHistory::seen(Slot slot, Room& room) const noexcept {
    std::size_t count = 0;
    for (const Entry& each : entries(slot)) {
        const AdapterId adapter = each.adapter.load(std::memory_order_relaxed);
        if (adapter == 0) continue;
        const Clock::rep used = each.used.load(std::memory_order_relaxed);
        room[count++] = {adapter, TimePoint{Clock::duration{used}}};
    }
    return std::span{room}.first(count);
}

// Who is at work was used last; after them come the idle ones in the order of their use, as many as
// there are slots.
AdapterPlace find_place(AdapterId wanted, const AdapterNews& news,
                        std::span<const AdapterHistory::Seen> seen) noexcept {
    const auto slots =
        static_cast<std::size_t>(std::clamp(news.slots.value_or(k_usual_slots), 1.0, k_most_slots));
    const Census census = count(wanted, news, seen);
    const AdapterUse* use = find_use(news.at_work, wanted);
    if (use != nullptr && !use->waiting) return {.room = AdapterRoom::loaded};
    if (use != nullptr || census.wanted_is_sent) {
        if (census.at_work <= slots) return {.room = AdapterRoom::loaded};
        return {.room = AdapterRoom::busy, .ahead = static_cast<float>(census.at_work - slots - 1)};
    }
    if (census.wanted_is_known && census.at_work + census.idle_newer < slots) {
        return {.room = AdapterRoom::loaded};
    }
    if (census.at_work >= slots) {
        return {.room = AdapterRoom::busy, .ahead = static_cast<float>(census.at_work - slots)};
    }
    const double taken =
        std::max(static_cast<double>(census.at_work + census.idle), news.slots_used.value_or(0));
    return {.room = taken < static_cast<double>(slots) ? AdapterRoom::free : AdapterRoom::idle};
}

}  // namespace penstock::fleet
