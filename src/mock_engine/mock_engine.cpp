#include "penstock/mock_engine/mock_engine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mock_engine_impl.h"
#include "penstock/base/assert.h"

namespace penstock::mock_engine {

namespace {

enum class Page : std::uint8_t { generation, tokens, models, metrics, health, version };

struct Route {
    http::Method method;
    std::string_view path;
    Page page;
    Api api = Api::chat;
};

constexpr std::array k_routes{
    Route{http::Method::post, "/v1/chat/completions", Page::generation, Api::chat},
    Route{http::Method::post, "/v1/completions", Page::generation, Api::completions},
    Route{http::Method::post, "/v1/messages", Page::generation, Api::messages},
    Route{http::Method::post, "/v1/responses", Page::generation, Api::responses},
    Route{http::Method::post, "/v1/embeddings", Page::generation, Api::embeddings},
    Route{http::Method::post, "/v1/messages/count_tokens", Page::tokens, Api::messages},
    Route{http::Method::post, "/tokenize", Page::tokens, Api::tokenize},
    Route{http::Method::get, "/v1/models", Page::models},
    Route{http::Method::get, "/metrics", Page::metrics},
    Route{http::Method::get, "/health", Page::health},
    Route{http::Method::get, "/ping", Page::health},
    Route{http::Method::post, "/ping", Page::health},
    Route{http::Method::get, "/version", Page::version},
};

const Route* find_route(http::Method method, std::string_view path) noexcept {
    const auto found = std::ranges::find_if(
        k_routes, [&](const Route& route) { return route.method == method && route.path == path; });
    return found == k_routes.end() ? nullptr : &*found;
}

bool known_path(std::string_view path) noexcept {
    return std::ranges::find(k_routes, path, &Route::path) != k_routes.end();
}

}  // namespace

MockEngine::Impl::Impl(net::Loop& on, EngineOptions with)
    : loop{on},
      options{std::move(with)},
      faults_end{on},
      runner{on, options.profile, options.speed},
      adapters{on, options.max_adapters, options.adapter_load} {
    PENSTOCK_ASSERT(!options.models.empty() && options.default_output_tokens > 0);
    PENSTOCK_ASSERT(http::valid_value(options.id) && options.max_adapters > 0);
    start_seconds = unix_seconds();
    set_faults(options.faults);
}

Task<void> MockEngine::Impl::handle(http::ServerStream& stream) {
    const std::string_view path = stream.head().path();
    if (path.starts_with("/mock/")) {
        co_await control(stream);
        co_return;
    }
    if (faults.refuse) {
        stream.break_off({});
        co_return;
    }
    const Route* route = find_route(stream.head().method, path);
    if (route == nullptr) {
        const bool known = known_path(path);
        answer_json(stream, known ? 405 : 404,
                    known ? R"({"detail":"Method Not Allowed"})" : R"({"detail":"Not Found"})");
        co_return;
    }
    // SGLang lists its models before it is ready.
    const bool listed_early =
        options.dialect == fleet::Engine::sglang && route->page == Page::models;
    if (loading() && !listed_early) {
        refuse(stream, {.status = 503, .message = "The model is loading."}, route->api);
        co_return;
    }
    switch (route->page) {
        case Page::generation:
            co_await generate(stream, route->api);
            break;
        case Page::tokens:
            co_await answer_tokens(stream, route->api);
            break;
        case Page::metrics:
            co_await answer_metrics(stream);
            break;
        case Page::models:
            answer_models(stream);
            break;
        case Page::health:
            answer_json(stream, 200, {});
            break;
        case Page::version:
            answer_json(stream, 200, R"({"version":"simulated"})");
            break;
    }
}

bool MockEngine::Impl::loading() const noexcept {
    return loop.now() < ready_at;
}

void MockEngine::Impl::set_faults(const Faults& now) {
    const bool refused = faults.refuse;
    faults = now;
    ready_at = loop.now() + now.startup;
    faults_end.clear();
    if (now.lasting > Millis{0}) faults_end.set(now.lasting, faults_end_hook);
    if (on_refuse && now.refuse != refused) on_refuse(now.refuse);
}

void MockEngine::Impl::restart() {
    at_limit = 0;
    start_seconds = unix_seconds();
    ready_at = loop.now() + faults.startup;
    runner.restart();
}

MockEngine::MockEngine(net::Loop& loop, EngineOptions options)
    : impl_{std::make_unique<Impl>(loop, std::move(options))} {}
MockEngine::~MockEngine() = default;

Task<void> MockEngine::handle(http::ServerStream& stream) {
    return impl_->handle(stream);
}

void MockEngine::on_refuse(std::function<void(bool refuse)> callback) {
    impl_->on_refuse = std::move(callback);
    if (impl_->on_refuse && impl_->faults.refuse) impl_->on_refuse(true);
}

}  // namespace penstock::mock_engine
