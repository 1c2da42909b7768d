#include "backend_watch.h"

#include <algorithm>
#include <utility>

namespace penstock::monitor {

using fleet::Health;

namespace {

std::string describe(const Error& error) {
    std::string text{name(error.code())};
    if (!error.detail().empty()) text.append(": ").append(error.detail());
    return text;
}

bool same_names(std::vector<std::string> a, std::vector<std::string> b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    return a == b;
}

std::vector<fleet::AdapterId> ids_of(const std::vector<std::string>& adapters) {
    std::vector<fleet::AdapterId> ids;
    ids.reserve(adapters.size());
    for (const std::string& each : adapters) ids.push_back(fleet::adapter_id(each));
    std::sort(ids.begin(), ids.end());
    return ids;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& each : names) text.append(text.empty() ? "" : ",").append(each);
    return text;
}

}  // namespace

BackendWatch::BackendWatch(const PollOptions& options, const fleet::Rates& prior)
    : polled_{options.enabled}, health_{options.rise, options.fall}, learner_{prior} {
    row_.rates = learner_.rates();
    believe_unpolled(options);
}

void BackendWatch::retune(const PollOptions& options) {
    // From unpolled to polled it starts anew: nobody ever looked.
    const Health start = polled_ ? health_.health() : Health::unknown;
    if (!polled_ && options.enabled) row_.models_listed = false;
    polled_ = options.enabled;
    health_ = HealthState{options.rise, options.fall, start};
    row_.health = start;
    changed_ = true;
    believe_unpolled(options);
    // Only a page could clear it.
    if (!polled_ || options.metrics_path.empty()) {
        cache_use_.forget();
        row_.cache_off = false;
    }
}

// What will never be asked is taken for good; a list that will never come is not waited for.
void BackendWatch::believe_unpolled(const PollOptions& options) {
    const bool nothing_to_ask = options.health_path.empty() && options.metrics_path.empty();
    if (!polled_ || nothing_to_ask) {
        health_ = HealthState{options.rise, options.fall, Health::healthy};
        row_.health = Health::healthy;
        row_.ejected = false;
    }
    if (!polled_ || options.models_path.empty()) row_.models_listed = true;
}

void BackendWatch::note_problem(std::string& slot, std::string text) {
    if (slot == text) return;
    slot = std::move(text);
    row_.last_error = health_problem_;
    if (row_.last_error.empty()) row_.last_error = metrics_problem_;
    if (row_.last_error.empty()) row_.last_error = models_problem_;
    changed_ = true;
}

Newscast BackendWatch::on_metrics(const Result<fleet::LoadSample>& sample) {
    Newscast news;
    if (!sample.has_value()) {
        note_problem(metrics_problem_, "metrics: " + describe(sample.error()));
        if (++metrics_failures_ == k_poll_failures_told) {
            news.push_back({Event::Kind::poll_failing, metrics_problem_});
        }
        return news;
    }
    if (metrics_failures_ >= k_poll_failures_told)
        news.push_back({Event::Kind::poll_recovered, ""});
    metrics_failures_ = 0;
    note_problem(metrics_problem_, "");
    const SampleNews found = history_.take(*sample);
    if (found.restarted) news.push_back({Event::Kind::restarted, ""});
    if (found.capacity) news.push_back({Event::Kind::capacity_known, "", *found.capacity});
    // A page that leaves the capacity out once must not make it news the next time.
    const std::optional<fleet::LoadSample> before = std::exchange(row_.sample, *sample);
    if (before && !row_.sample->kv_tokens) {
        row_.sample->kv_tokens = before->kv_tokens;
        row_.sample->kv_host_tokens = before->kv_host_tokens;
    }
    if (found.restarted) {
        batch_limit_.forget();
        cache_use_.forget();
    }
    judge_cache(*sample, news);
    row_.sample->running_max = batch_limit_.see(*sample);
    changed_ = true;
    return news;
}

void BackendWatch::judge_cache(const fleet::LoadSample& sample, Newscast& news) {
    cache_use_.see(sample);
    if (row_.cache_off == cache_use_.off()) return;
    row_.cache_off = cache_use_.off();
    news.push_back({row_.cache_off ? Event::Kind::cache_off : Event::Kind::cache_on, ""});
}

Newscast BackendWatch::on_health(HealthState::Input input, std::string_view detail) {
    std::string problem;
    if (input == HealthState::Input::probe_loading) problem = "health: loading";
    if (input == HealthState::Input::probe_bad || input == HealthState::Input::probe_silent) {
        problem = "health: " + std::string{detail};
    }
    note_problem(health_problem_, std::move(problem));
    return judge(input, detail);
}

Newscast BackendWatch::on_traffic(HealthState::Input input, std::string_view detail) {
    if (!polled_) return {};
    Newscast news = judge(input, detail);
    const bool brought_down = !news.empty() && input == HealthState::Input::traffic_bad;
    if (brought_down) {
        row_.ejected = true;
        note_problem(health_problem_, "traffic: " + std::string{detail});
    }
    return news;
}

void BackendWatch::learn(const fleet::Observation& seen) {
    learner_.learn(seen);
    row_.rates = learner_.rates();
    changed_ = true;
}

Newscast BackendWatch::judge(HealthState::Input input, std::string_view detail) {
    Newscast news;
    const HealthState::Change change = health_.step(input);
    if (change == HealthState::Change::none) return news;
    row_.health = health_.health();
    changed_ = true;
    if (change == HealthState::Change::up) {
        row_.ejected = false;
        news.push_back({Event::Kind::up, ""});
    } else if (change == HealthState::Change::down) {
        news.push_back({Event::Kind::down, std::string{detail.empty() ? name(input) : detail}});
    }
    return news;
}

Newscast BackendWatch::on_models(const Result<engine::ModelList>& list) {
    if (!list.has_value()) {
        note_problem(models_problem_, "models: " + describe(list.error()));
        return {};
    }
    note_problem(models_problem_, "");
    Newscast news;
    if (!row_.models_listed || !same_names(row_.models, list->names)) {
        news.push_back({Event::Kind::models_changed, joined(list->names)});
    }
    // The elements may differ without news: vLLM stamps each answer with its time.
    if (!news.empty() || row_.models_json != list->elements) changed_ = true;
    row_.models = list->names;
    row_.models_json = list->elements;
    row_.adapters = ids_of(list->adapters);
    row_.models_listed = true;
    return news;
}

Newscast BackendWatch::set_draining(bool draining) {
    if (row_.draining == draining) return {};
    row_.draining = draining;
    changed_ = true;
    Newscast news;
    const auto tokens = row_.sample ? fleet::cache_tokens(*row_.sample) : std::nullopt;
    if (!draining && tokens) news.push_back({Event::Kind::capacity_known, "", *tokens});
    return news;
}

void BackendWatch::set_interval(Micros interval) {
    const double ms = static_cast<double>(interval.count()) / 1000.0;
    changed_ = changed_ || row_.poll_interval_ms != ms;
    row_.poll_interval_ms = ms;
}

bool BackendWatch::take_changed() noexcept {
    return std::exchange(changed_, false);
}

}  // namespace penstock::monitor
