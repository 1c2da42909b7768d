#include "poller.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pace.h"
#include "penstock/control/client.h"
#include "penstock/control/spawn.h"

namespace penstock::monitor {

namespace asio = boost::asio;

namespace {

constexpr auto k_await = asio::as_tuple(asio::use_awaitable);

// Failures come in bursts, from each worker; one look answers them all.
constexpr Millis k_hasten_gap{200};

constexpr int k_status_ok = 200;

control::Endpoint endpoint_of(const fleet::Backend& backend) {
    const fleet::Address& address = backend.address;
    return {.host = address.host,
            .port = address.port,
            .unix_path = address.unix_path,
            .authority = address.authority(),
            .tls = backend.tls.settings,
            .server_name = backend.tls.server_name};
}

const std::string& path_of(const PollOptions& options, Lane lane) {
    switch (lane) {
        case Lane::metrics:
            return options.metrics_path;
        case Lane::health:
            return options.health_path;
        case Lane::models:
            break;
    }
    return options.models_path;
}

Pace pace_of(const PollOptions& options, Lane lane) {
    switch (lane) {
        case Lane::metrics:
            return Pace{options.metrics_interval, k_metrics_share};
        case Lane::health:
            return Pace{options.health_interval, k_health_share};
        case Lane::models:
            break;
    }
    return Pace{options.models_interval, k_models_share};
}

control::Ask ask_of(const Target& target, Lane lane) {
    control::Ask ask;
    ask.target = target.backend.address.base_path + path_of(target.options, lane);
    ask.timeout = lane == Lane::health ? target.options.health_timeout : target.options.timeout;
    // Asked for OpenMetrics, some Python exporters write the colons of metric names as underscores.
    ask.fields.emplace_back("Accept", lane == Lane::metrics ? "text/plain;version=0.0.4" : "*/*");
    if (!target.options.authorization.empty()) {
        ask.fields.emplace_back("Authorization", target.options.authorization);
    }
    return ask;
}

// CPU time, since wall time would count the other threads of a busy machine as ours.
Micros thread_cpu() noexcept {
    timespec spent{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return std::chrono::duration_cast<Micros>(std::chrono::seconds{spent.tv_sec} +
                                              std::chrono::nanoseconds{spent.tv_nsec});
}

// An answer with another status than 200 is no page.
Result<std::string_view> page_of(const Result<control::Answer>& answer) {
    if (!answer.has_value()) return answer.error();
    if (answer->status == k_status_ok) return std::string_view{answer->body};
    return Error{ErrorCode::upstream_bad_response, "status " + std::to_string(answer->status)};
}

std::string describe(const Error& error) {
    return std::string{error.detail().empty() ? name(error.code()) : error.detail()};
}

// What this proxy had counted when the poll went out: `observe` adds what came after.
struct Departure {
    struct Counts {
        std::uint64_t started = 0;
        std::uint64_t finished = 0;
        fleet::Answered answered;
    };
    TimePoint at{};
    std::vector<Counts> ranks;
};

Departure depart(const fleet::CounterSlab& counters, const Target& target) {
    Departure now;
    now.at = Clock::now();
    const auto add = [&](fleet::Slot slot) {
        // In this order, so that what ends between the two reads is never finished but not started.
        Departure::Counts& counts = now.ranks.emplace_back();
        counts.finished = counters[slot].finished.load(std::memory_order_acquire);
        counts.started = counters[slot].started.load(std::memory_order_relaxed);
        counts.answered = counters[slot].answered();
    };
    for (const fleet::Slot slot : target.options.ranks) add(slot);
    if (target.options.ranks.empty()) add(target.backend.slot);
    return now;
}

}  // namespace

struct Poller::Track {
    Track(asio::io_context& control, const Target& target, Lane which)
        : lane{which},
          client{control, endpoint_of(target.backend)},
          timer{control},
          pace{pace_of(target.options, which)} {}
    Lane lane;
    control::Client client;
    asio::steady_timer timer;
    Pace pace;
    TimePoint started{};
    TimePoint due{};
    bool first = true;
};

// Held by the poller and by the coroutine of each path, which ends at its next step once stopped.
struct Poller::State {
    State(PollHouse& shared, Target whom, PollSink& told)
        : house{shared}, target{std::move(whom)}, sink{told} {}
    PollHouse& house;
    Target target;
    PollSink& sink;
    bool stopped = false;
    std::vector<std::unique_ptr<Track>> tracks;

    [[nodiscard]] Result<fleet::LoadSample> read_rank(std::string_view page,
                                                      std::size_t rank) const;
    bool read_metrics(const Result<control::Answer>& answer, const Departure& departure);
    bool read_health(const Result<control::Answer>& answer);
    bool read_models(const Result<control::Answer>& answer);
    void take(Track& track, const Result<control::Answer>& answer, const Departure& departure);
    void plan(Track& track);
};

Result<fleet::LoadSample> Poller::State::read_rank(std::string_view page, std::size_t rank) const {
    const PollOptions& options = target.options;
    const bool one = !options.ranks.empty();
    return engine::read_metrics(
        options.engine, options.names, page,
        one ? std::optional{static_cast<std::uint32_t>(rank)} : std::nullopt);
}

bool Poller::State::read_metrics(const Result<control::Answer>& answer,
                                 const Departure& departure) {
    const auto page = page_of(answer);
    bool good = false;
    Result<fleet::LoadSample> sample = Error{};
    for (std::size_t rank = 0; rank < departure.ranks.size() && !stopped; ++rank) {
        sample = page.has_value() ? read_rank(*page, rank) : page.error();
        good = sample.has_value();
        if (good) {
            sample->sent = departure.at;
            sample->started_then = departure.ranks[rank].started;
            sample->finished_then = departure.ranks[rank].finished;
            sample->answered_then = departure.ranks[rank].answered;
        }
        sink.on_metrics(rank, sample);
    }
    // An engine without a health path lives when it tells its numbers.
    if (!stopped && target.options.health_path.empty()) {
        const auto bad =
            answer.has_value() ? HealthState::Input::probe_bad : HealthState::Input::probe_silent;
        sink.on_health(good ? HealthState::Input::probe_good : bad,
                       good ? "" : describe(sample.error()));
    }
    return good;
}

bool Poller::State::read_health(const Result<control::Answer>& answer) {
    if (!answer.has_value()) {
        sink.on_health(HealthState::Input::probe_silent, describe(answer.error()));
        return false;
    }
    const fleet::Health health = engine::judge_health(target.options.engine, answer->status);
    const bool good = health == fleet::Health::healthy;
    const bool loading = health == fleet::Health::loading;
    const auto bad = loading ? HealthState::Input::probe_loading : HealthState::Input::probe_bad;
    sink.on_health(good ? HealthState::Input::probe_good : bad,
                   "status " + std::to_string(answer->status));
    return good;
}

bool Poller::State::read_models(const Result<control::Answer>& answer) {
    const auto page = page_of(answer);
    if (!page.has_value()) {
        sink.on_models(page.error());
        return false;
    }
    const auto list = engine::read_models(*page);
    sink.on_models(list);
    return list.has_value();
}

void Poller::State::take(Track& track, const Result<control::Answer>& answer,
                         const Departure& departure) {
    const TimePoint arrived = Clock::now();
    const Micros cpu_before = thread_cpu();
    bool good = false;
    switch (track.lane) {
        case Lane::metrics:
            good = read_metrics(answer, departure);
            break;
        case Lane::health:
            good = read_health(answer);
            break;
        case Lane::models:
            good = read_models(answer);
            break;
    }
    if (good) {
        const auto took = std::chrono::duration_cast<Micros>(arrived - departure.at);
        track.pace.answered(took, thread_cpu() - cpu_before);
    } else {
        track.pace.failed();
    }
}

void Poller::State::plan(Track& track) {
    const Micros interval = sink.in_doubt(track.lane) ? track.pace.doubt_interval(house.backends)
                                                      : track.pace.interval(house.backends);
    track.due = track.started + jittered(interval, track.first, house.rng.unit());
    track.first = false;
    sink.on_interval(track.lane, interval);
}

asio::awaitable<void> Poller::follow(std::shared_ptr<State> state, Track* track) {
    while (!state->stopped) {
        const Departure departure = depart(state->house.counters, state->target);
        track->started = departure.at;
        control::Ask ask = ask_of(state->target, track->lane);
        const auto answer = co_await track->client.ask(std::move(ask));
        if (state->stopped) co_return;
        state->take(*track, answer, departure);
        if (state->stopped) co_return;
        state->plan(*track);
        // `hasten` moves `due` and rings the timer.
        while (!state->stopped && Clock::now() < track->due) {
            track->timer.expires_at(track->due);
            co_await track->timer.async_wait(k_await);
        }
    }
}

Poller::Poller(PollHouse& house, const Target& target, PollSink& sink)
    : state_{std::make_shared<State>(house, target, sink)} {
    for (const Lane lane : {Lane::metrics, Lane::health, Lane::models}) {
        if (path_of(target.options, lane).empty()) continue;
        state_->tracks.push_back(std::make_unique<Track>(house.control, target, lane));
        control::spawn(house.control, follow(state_, state_->tracks.back().get()));
    }
}

Poller::~Poller() {
    state_->stopped = true;
    for (const auto& track : state_->tracks) {
        track->client.close();
        track->timer.cancel();
    }
}

void Poller::hasten(Lane lane) {
    for (const auto& track : state_->tracks) {
        if (track->lane != lane) continue;
        track->due = std::min(track->due, std::max(Clock::now(), track->started + k_hasten_gap));
        track->timer.cancel();
    }
}

}  // namespace penstock::monitor
