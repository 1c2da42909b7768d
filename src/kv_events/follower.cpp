#include "penstock/kv_events/follower.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "block_ledger.h"
#include "penstock/net/loop.h"
#include "subscription.h"
#include "zmq_socket.h"

namespace penstock::kv_events {

namespace {

// Prompts served in a row that must have stored something, while no event came: an engine that
// works and tells nothing.
constexpr std::uint32_t k_silent_prompts = 8;
constexpr Millis k_silent_time{5'000};
constexpr Millis k_waiting_look{500};
constexpr Millis k_told_gap{10'000};

void add(std::atomic<std::uint64_t>& count, std::uint64_t more = 1) noexcept {
    count.fetch_add(more, std::memory_order_relaxed);
}

std::uint64_t random_salt() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

void count(const Batch& batch, Counts& counts) noexcept {
    for (const Event& event : batch.events) {
        switch (event.kind) {
            case Event::Kind::stored:
                add(counts.stored);
                break;
            case Event::Kind::removed:
                add(counts.removed);
                break;
            case Event::Kind::cleared:
                add(counts.cleared);
                break;
            case Event::Kind::other:
                add(counts.other);
                break;
        }
    }
}

}  // namespace

std::string_view name(State state) noexcept {
    switch (state) {
        case State::connecting:
            return "connecting";
        case State::following:
            return "following";
        case State::disconnected:
            return "disconnected";
        case State::silent:
            break;
    }
    return "silent";
}

std::vector<std::string> rank_endpoints(const std::string& endpoint, std::uint32_t ranks) {
    std::vector<std::string> all{endpoint};
    const std::size_t colon = endpoint.rfind(':');
    const char* const end = endpoint.data() + endpoint.size();
    std::uint16_t port = 0;
    const auto read = std::from_chars(endpoint.data() + colon + 1, end, port);
    if (read.ec != std::errc{} || read.ptr != end) return all;
    for (std::uint32_t rank = 1; rank < ranks; ++rank) {
        all.push_back(endpoint.substr(0, colon + 1) + std::to_string(port + rank));
    }
    return all;
}

struct Follower::Impl {
    /// One that is followed.
    struct Backend {
        Followed followed;
        std::vector<std::unique_ptr<Subscription>> ranks;
        TimePoint last_event{};
        TimePoint last_told{};
        std::uint32_t unanswered = 0;  // prompts since, that must have stored something
        bool silent = false;
    };

    Impl(net::Loop& on, HeldBlocks& held, Hooks given)
        : loop{on}, hooks{std::move(given)}, ledger{held, random_salt()}, timer{on} {}

    void open(Followed followed);
    [[nodiscard]] Subscription::Owner owner_of(fleet::Slot slot, std::uint32_t rank);
    void apply(fleet::Slot slot, const Batch& batch);
    void judge(fleet::Slot slot);
    void tell(fleet::Slot slot, std::string_view what);
    void note(Backend& backend, const BlockLedger::Paired& paired) const;
    void look_at_waiting();
    void forget(fleet::Slot slot);

    net::Loop& loop;
    Hooks hooks;
    ZmqContext context;  // before all sockets
    BlockLedger ledger;
    std::map<fleet::Slot, Backend> backends;
    net::Timer timer;
    Hook<Impl, &Impl::look_at_waiting> timer_hook{*this};
};

Subscription::Owner Follower::Impl::owner_of(fleet::Slot slot, std::uint32_t rank) {
    return {.loop = loop,
            .context = context,
            .counts = *backends.at(slot).followed.counts,
            .apply = [this, slot](const Batch& batch) { apply(slot, batch); },
            .lost =
                [this, slot, rank] {
                    ledger.forget(slot, rank);
                    tell(slot, "KV-cache events are missing: what they told is void");
                },
            .restarted =
                [this, slot, rank] {
                    ledger.clear(slot, rank);
                    tell(slot, "its KV-cache events begin anew: its cache is empty");
                },
            .state_changed = [this, slot] { judge(slot); },
            .told = [this, slot](std::string_view what) { tell(slot, what); }};
}

void Follower::Impl::open(Followed followed) {
    const Source source = followed.source;
    backends[source.slot].followed = std::move(followed);
    ledger.open(source.slot, source.model);
    for (std::uint32_t rank = 0; rank < source.events.size(); ++rank) {
        const std::string replays = rank < source.replays.size() ? source.replays[rank] : "";
        backends[source.slot].ranks.push_back(std::make_unique<Subscription>(
            owner_of(source.slot, rank), rank, source.events[rank], replays));
    }
}

void Follower::Impl::apply(fleet::Slot slot, const Batch& batch) {
    Backend& backend = backends.at(slot);
    Counts& counts = *backend.followed.counts;
    backend.last_event = loop.now();
    backend.unanswered = 0;
    count(batch, counts);
    ledger.apply(slot, batch, loop.now());
    note(backend, ledger.try_waiting(slot, loop.now()));
    if (std::exchange(backend.silent, false)) judge(slot);
}

void Follower::Impl::note(Backend& backend, const BlockLedger::Paired& paired) const {
    Counts& counts = *backend.followed.counts;
    add(counts.paired, paired.paired);
    add(counts.unpaired, paired.unpaired);
    counts.engine_blocks.store(ledger.blocks(backend.followed.source.slot),
                               std::memory_order_relaxed);
}

void Follower::Impl::judge(fleet::Slot slot) {
    const auto found = backends.find(slot);
    if (found == backends.end()) return;
    const Backend& backend = found->second;
    const auto all = [&](auto what) { return std::ranges::all_of(backend.ranks, what); };
    const bool begun = all([](const auto& rank) { return rank->begun(); });
    const bool connected = all([](const auto& rank) { return rank->connected(); });
    State state = State::connecting;
    if (begun) state = connected ? State::following : State::disconnected;
    if (backend.silent) state = State::silent;
    const State before = backend.followed.counts->state.exchange(state);
    if (state != before) hooks.changed(slot, state);
}

// A connection that loses much would fill the log; the counts tell how much it is.
void Follower::Impl::tell(fleet::Slot slot, std::string_view what) {
    Backend& backend = backends.at(slot);
    const TimePoint now = loop.now();
    if (backend.last_told != TimePoint{} && now - backend.last_told < k_told_gap) return;
    backend.last_told = now;
    hooks.told(slot, what);
}

void Follower::Impl::look_at_waiting() {
    for (auto& [slot, backend] : backends) note(backend, ledger.try_waiting(slot, loop.now()));
    if (!backends.empty()) timer.set(k_waiting_look, timer_hook);
}

void Follower::Impl::forget(fleet::Slot slot) {
    const auto found = backends.find(slot);
    if (found == backends.end()) return;
    for (std::uint32_t rank = 0; rank < found->second.ranks.size(); ++rank) {
        found->second.ranks[rank]->forget();
        ledger.forget(slot, rank);
    }
    judge(slot);
}

Follower::Follower(net::Loop& loop, HeldBlocks& held, Hooks hooks)
    : impl_{std::make_unique<Impl>(loop, held, std::move(hooks))} {}
Follower::~Follower() = default;

void Follower::follow(std::vector<Followed> wanted) {
    for (auto it = impl_->backends.begin(); it != impl_->backends.end();) {
        const bool stays = std::ranges::any_of(wanted, [&](const Followed& each) {
            return each.source == it->second.followed.source;
        });
        if (!stays) impl_->ledger.close(it->first);
        it = stays ? std::next(it) : impl_->backends.erase(it);
    }
    for (Followed& each : wanted) {
        if (!impl_->backends.contains(each.source.slot)) impl_->open(std::move(each));
    }
    impl_->look_at_waiting();
}

void Follower::served(fleet::ServedPrompt prompt) {
    const auto found = impl_->backends.find(prompt.slot);
    if (found == impl_->backends.end()) return;
    Impl::Backend& backend = found->second;
    const fleet::Slot slot = prompt.slot;
    const bool expected = impl_->ledger.expects_events(prompt);
    if (expected && backend.last_event < prompt.sent) ++backend.unanswered;
    const bool quiet = impl_->loop.now() - backend.last_event > k_silent_time;
    impl_->note(backend, impl_->ledger.served(std::move(prompt)));
    if (backend.unanswered < k_silent_prompts || !quiet || backend.silent) return;
    backend.silent = true;
    impl_->judge(slot);
}

void Follower::restarted(fleet::Slot slot) {
    impl_->forget(slot);
}

}  // namespace penstock::kv_events
