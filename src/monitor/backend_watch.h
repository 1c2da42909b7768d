// All that is known of one backend: takes what polls and traffic say, keeps its row of the load
// table, and tells what is news. Pure; owned by the monitor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "health_state.h"
#include "penstock/base/error.h"
#include "penstock/engine/dialect.h"
#include "penstock/fleet/batch_limit.h"
#include "penstock/fleet/cache_use.h"
#include "penstock/fleet/load.h"
#include "penstock/fleet/rates.h"
#include "penstock/monitor/monitor.h"
#include "sample_news.h"

namespace penstock::monitor {

/// An event without its address.
struct News {
    Event::Kind kind;
    std::string detail;
    double cache_tokens = 0;
    friend bool operator==(const News&, const News&) = default;
};
using Newscast = std::vector<News>;

/// Failed metrics polls in a row that are worth a word to the operator.
inline constexpr std::uint32_t k_poll_failures_told = 3;

class BackendWatch {
public:
    /// `prior`: what is believed of its speed before it has shown any.
    explicit BackendWatch(const PollOptions& options, const fleet::Rates& prior = {});

    [[nodiscard]] Newscast on_metrics(const Result<fleet::LoadSample>& sample);
    /// `detail`: why, for people; of bad and silent probes.
    [[nodiscard]] Newscast on_health(HealthState::Input input, std::string_view detail);
    [[nodiscard]] Newscast on_models(const Result<engine::ModelList>& list);
    /// A worker's word. With polling off it changes nothing, since no probe could take it back.
    [[nodiscard]] Newscast on_traffic(HealthState::Input input, std::string_view detail);

    /// What a stream showed of its speed.
    void learn(const fleet::Observation& seen);

    /// Who comes back tells its capacity again: news of the time between went to nobody.
    [[nodiscard]] Newscast set_draining(bool draining);
    void set_interval(Micros interval);
    /// New options for the same server: what is known stays, but for a cache that is off where
    /// metrics are asked for no longer.
    void retune(const PollOptions& options);

    [[nodiscard]] const fleet::BackendState& row() const noexcept { return row_; }
    /// Whether the row differs from what it was at the last call.
    [[nodiscard]] bool take_changed() noexcept;
    [[nodiscard]] bool health_in_doubt() const noexcept { return health_.in_doubt(); }

private:
    void judge_cache(const fleet::LoadSample& sample, Newscast& news);
    [[nodiscard]] Newscast judge(HealthState::Input input, std::string_view detail);
    void believe_unpolled(const PollOptions& options);
    void note_problem(std::string& slot, std::string text);

    bool polled_;
    HealthState health_;
    fleet::BackendState row_;
    SampleHistory history_;
    fleet::BatchLimit batch_limit_;
    fleet::CacheUse cache_use_;
    fleet::RateLearner learner_;
    bool changed_ = true;
    std::uint32_t metrics_failures_ = 0;
    // Why each path fails, empty when it does not. The row shows the first.
    std::string health_problem_, metrics_problem_, models_problem_;
};

}  // namespace penstock::monitor
