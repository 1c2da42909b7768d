// Small documents: models, metrics, token counts.
#include <algorithm>

#include "json_text.h"
#include "metrics_page.h"
#include "mock_engine_impl.h"
#include "text.h"

namespace penstock::mock_engine {

std::uint32_t MockEngine::Impl::max_model_len() const noexcept {
    constexpr std::uint64_t k_longest = 131'072;
    return static_cast<std::uint32_t>(std::min(k_longest, runner.capacity_tokens()));
}

void MockEngine::Impl::answer_models(http::ServerStream& stream) {
    const auto created = static_cast<std::int64_t>(start_seconds);
    const char* owner = options.dialect == fleet::Engine::sglang ? "sglang" : "vllm";
    Json data = Json::array();
    const auto add = [&](const std::string& id, Json parent, Json length) {
        data.push_back({{"id", id},
                        {"object", "model"},
                        {"created", created},
                        {"owned_by", owner},
                        {"root", id},
                        {"parent", std::move(parent)},
                        {"max_model_len", std::move(length)}});
    };
    for (const std::string& model : options.models) add(model, nullptr, max_model_len());
    for (const std::string& adapter : options.adapters) add(adapter, options.models[0], nullptr);
    answer_json(stream, 200, to_text({{"object", "list"}, {"data", std::move(data)}}));
}

Task<void> MockEngine::Impl::answer_metrics(http::ServerStream& stream) {
    if (faults.slow_metrics > Millis{0}) co_await pause(loop, faults.slow_metrics);
    MetricsFacts facts{.dialect = options.dialect,
                       .model = options.models[0],
                       .profile = options.profile,
                       .stats = runner.stats(),
                       .at_limit = at_limit,
                       .start_seconds = start_seconds,
                       .serves_adapters = !options.adapters.empty(),
                       .adapter_slots = adapters.slots(),
                       .adapter_slots_used = adapters.slots_used(),
                       .running_adapters = adapters.running(),
                       .waiting_adapters = adapters.waiting(),
                       .now_seconds = unix_seconds()};
    answer(stream, 200, "text/plain; version=0.0.4; charset=utf-8", metrics_page(facts));
}

Task<void> MockEngine::Impl::answer_tokens(http::ServerStream& stream, Api api) const {
    const std::optional<std::string> body = co_await read_body(stream);
    if (!body) co_return;
    // Counting asks for no maximum, and its dialogue reads the same in both APIs.
    const Result<Ask> ask = read_ask(Api::tokenize, *body);
    Work work;
    if (!ask) {
        refuse(stream, {.status = 400, .message = std::string{ask.error().detail()}}, api);
    } else if (const std::optional<Refusal> unknown = find_model(ask->model, work)) {
        refuse(stream, *unknown, api);
    } else if (api == Api::messages) {
        answer_json(stream, 200, to_text({{"input_tokens", count_tokens(ask->prompt)}}));
    } else {
        const std::vector<std::uint32_t> tokens = token_ids(ask->prompt);
        answer_json(stream, 200,
                    to_text({{"count", tokens.size()},
                             {"max_model_len", max_model_len()},
                             {"tokens", tokens},
                             {"token_strs", nullptr}}));
    }
}

}  // namespace penstock::mock_engine
