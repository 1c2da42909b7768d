// A simulated engine on a loop of its own, and exchanges with it that need no connection. Steps
// take nanoseconds; nothing here looks at a clock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "fake_server_stream.h"
#include "json_text.h"
#include "penstock/mock_engine/mock_engine.h"
#include "penstock/net/loop.h"

namespace penstock::mock_engine {

inline EngineOptions fast_options() {
    EngineOptions options;
    options.speed = 1e6;
    return options;
}

/// One request and what has come of it so far. Destroying it is the client going away.
class Exchange {
public:
    Exchange(http::Handler& handler, http::RequestHead head, std::string body)
        : stream{std::move(head), std::move(body)}, task_{handler.handle(stream)} {
        task_.start([](void*) {}, nullptr);
    }

    [[nodiscard]] bool ended() const noexcept { return task_.done(); }
    [[nodiscard]] int status() const noexcept {
        return stream.responded() ? stream.response().status : 0;
    }
    [[nodiscard]] Json json() const { return Json::parse(stream.body(), nullptr, false); }
    void go_away() { task_.destroy(); }

    support::FakeServerStream stream;

private:
    Task<void> task_;
};

class EngineHarness {
public:
    explicit EngineHarness(EngineOptions options = fast_options())
        : engine{loop, std::move(options)} {}

    Exchange& start(http::RequestHead head, std::string body = {}) {
        exchanges_.push_back(std::make_unique<Exchange>(engine, std::move(head), std::move(body)));
        return *exchanges_.back();
    }
    Exchange& start(const std::string& target, std::string body) {
        return start(support::request(http::Method::post, target), std::move(body));
    }

    /// Turns the loop until it holds. False: nothing happens any more.
    bool run_until(const std::function<bool()>& holds) {
        // Far beyond anything a test waits for; it only ends a test that would hang.
        constexpr std::chrono::seconds k_patience{20};
        while (!holds()) {
            bool moved = false;
            for (std::size_t i = 0; i < exchanges_.size(); ++i) {
                moved = exchanges_[i]->stream.turn() || moved;
            }
            if (!moved && loop.context().run_one_for(k_patience) == 0) return false;
        }
        return true;
    }

    Exchange& run(Exchange& exchange) {
        EXPECT_TRUE(run_until([&] { return exchange.ended(); }));
        return exchange;
    }
    Exchange& post(const std::string& target, std::string body) {
        return run(start(target, std::move(body)));
    }
    Exchange& get(const std::string& target) { return run(start(support::get(target))); }

    /// The newest line of the log.
    Json last_logged() { return get("/mock/log").json()["requests"].back(); }

    net::Loop loop;
    MockEngine engine;

private:
    std::vector<std::unique_ptr<Exchange>> exchanges_;
};

/// The contents of a chat stream's events, put together.
inline std::string chat_text(const std::string& events) {
    std::string text;
    std::size_t at = 0;
    while ((at = events.find("data: {", at)) != std::string::npos) {
        const std::size_t end = events.find("\n\n", at);
        if (end == std::string::npos) break;
        const Json event = Json::parse(events.substr(at + 6, end - at - 6));
        for (const Json& choice : event["choices"]) text += choice["delta"].value("content", "");
        at = end;
    }
    return text;
}

inline std::string chat_body(std::string_view content, int max_tokens, bool stream) {
    return to_text({{"model", "demo-model"},
                    {"messages", Json::array({{{"role", "user"}, {"content", content}}})},
                    {"max_tokens", max_tokens},
                    {"stream", stream}});
}

}  // namespace penstock::mock_engine
