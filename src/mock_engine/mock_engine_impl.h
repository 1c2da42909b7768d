// The inside of a simulated engine: what its endpoints share. Split by subject: mock_engine.cpp
// (routing), generation.cpp (what goes through the model), pages.cpp (small documents),
// control.cpp (/mock/…).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters.h"
#include "answer_format.h"
#include "ask.h"
#include "engine_runner.h"
#include "penstock/mock_engine/mock_engine.h"
#include "penstock/net/loop.h"
#include "refusal.h"
#include "request_log.h"

namespace penstock::mock_engine {

/// A request that was taken in: what the model is given and how its answer will look.
struct Work {
    AnswerFacts facts;
    std::string adapter;  // empty: the base model
    std::uint32_t prompt_tokens = 0;
    std::uint32_t output_tokens = 0;
    std::size_t rank = 0;
    std::vector<std::uint64_t> blocks;
};

struct MockEngine::Impl {
    Impl(net::Loop& on, EngineOptions with);

    // mock_engine.cpp
    Task<void> handle(http::ServerStream& stream);
    [[nodiscard]] bool loading() const noexcept;
    void set_faults(const Faults& now);
    void end_faults() { set_faults({}); }
    void restart();

    // generation.cpp
    Task<void> generate(http::ServerStream& stream, Api api);
    [[nodiscard]] std::optional<Refusal> prepare(Api api, const Ask& ask,
                                                 std::string_view request_id, Work& work);
    [[nodiscard]] std::optional<Refusal> find_rank(const http::Fields& fields, Work& work) const;
    [[nodiscard]] std::optional<Refusal> find_model(const std::string& name, Work& work) const;

    // pages.cpp
    void answer_models(http::ServerStream& stream);
    Task<void> answer_metrics(http::ServerStream& stream);
    Task<void> answer_tokens(http::ServerStream& stream, Api api) const;

    // control.cpp
    Task<void> control(http::ServerStream& stream);
    void answer_faults(http::ServerStream& stream, std::string_view body);
    void echo(http::ServerStream& stream, std::string_view body);

    // cache_events.cpp
    void publish(const std::vector<sim::CacheChange>& changes) const;

    // answers.cpp
    [[nodiscard]] http::ResponseHead head_of(int status, std::string_view content_type) const;
    void answer(http::ServerStream& stream, int status, std::string_view content_type,
                std::string_view body) const;
    void answer_json(http::ServerStream& stream, int status, std::string_view body) const {
        answer(stream, status, "application/json", body);
    }
    void refuse(http::ServerStream& stream, const Refusal& refusal, Api api) const;
    /// The whole body; empty when it could not be read, which was answered.
    Task<std::optional<std::string>> read_body(http::ServerStream& stream) const;

    [[nodiscard]] std::uint32_t max_model_len() const noexcept;

    net::Loop& loop;
    EngineOptions options;
    Faults faults;
    TimePoint ready_at{};
    std::function<void(bool)> on_refuse;
    Hook<Impl, &Impl::end_faults> faults_end_hook{*this};
    net::Timer faults_end;
    std::deque<EngineRunner> runners;  // of the ranks
    RequestLog log;
    std::unique_ptr<kv_events::Publisher> publisher;  // null: the cache is nobody's business
    std::set<std::string> running_ids;                // X-Request-Id of who is being served
    Adapters adapters;
    std::uint64_t answers = 0;
    std::uint64_t at_limit = 0;
    double start_seconds = 0;
};

/// Unix time: engines tell it in answers and metrics.
[[nodiscard]] double unix_seconds() noexcept;

/// Sleeps on the loop's wheel.
Task<void> pause(net::Loop& loop, Millis time);

}  // namespace penstock::mock_engine
