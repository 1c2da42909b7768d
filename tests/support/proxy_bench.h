// A proxy worker under test: a real loop, real connections, engines and clients played by hand.
//
//     ProxyBench bench;
//     Engine& engine = bench.add_engine();
//     engine.answer_with(answer(200, "{}"));
//     Peer& client = bench.connect();
//     client.send(post("/v1/chat/completions", body));
//     ASSERT_TRUE(bench.until([&] { return client.got("200 OK"); }));
//
// The generation is built at the first `connect` (or `publish`) from `pool`, `route` and
// `generation`, which a test changes before.
#pragma once

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "loopback.h"
#include "penstock/h1/server.h"
#include "penstock/proxy/handler.h"

namespace penstock::support {

class ProxyBench {
public:
    ProxyBench() {
        pool.name = "default";
        pool.balance.policy = routing::PolicyName::round_robin;
        route.name = "all";
        route.pools = {0};
    }
    ~ProxyBench() { ::unlink(access_file_.c_str()); }
    ProxyBench(const ProxyBench&) = delete;
    ProxyBench& operator=(const ProxyBench&) = delete;

    /// A healthy backend of `pool` that lists the model "m".
    Engine& add_engine() {
        engines_.push_back(std::make_unique<Engine>());
        Engine& engine = *engines_.back();
        const auto slot = static_cast<fleet::Slot>(engines_.size() - 1);
        fleet::Backend backend;
        backend.slot = slot;
        backend.identity = slot + 1;
        backend.url = "http://127.0.0.1:" + std::to_string(engine.port());
        backend.address.host = "127.0.0.1";
        backend.address.port = engine.port();
        pool.backends.push_back(std::move(backend));
        fleet::BackendState state;
        state.health = fleet::Health::healthy;
        state.models = {"m"};
        state.models_listed = true;
        states.push_back(std::move(state));
        return engine;
    }

    void publish() {
        auto table = std::make_shared<fleet::LoadTable>();
        table->rows = states;
        worker->publish(std::shared_ptr<const fleet::LoadTable>{std::move(table)});
        if (published_) return;
        published_ = true;
        auto made = std::make_shared<proxy::Generation>(std::move(generation));
        if (!pool.policy) pool.policy = routing::make_policy(pool.balance);
        made->pools.insert(made->pools.begin(), std::move(pool));
        if (made->routes.empty()) made->routes.push_back(route);
        proxy::index_labels(*made);
        server->configure(made->server);
        worker->publish(std::shared_ptr<const proxy::Generation>{std::move(made)});
    }

    /// A client's connection, through a pair of unix sockets.
    Peer& connect() {
        publish();
        int ends[2] = {-1, -1};
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends);
        server->serve(net::Transport{loop, ends[0]});
        clients_.push_back(std::make_unique<Peer>(ends[1]));
        return *clients_.back();
    }

    /// Turns the loop until `done` holds. False after a time that only a broken program needs.
    template <class Done>
    [[nodiscard]] bool until(const Done& done) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (std::chrono::steady_clock::now() < give_up) {
            for (const auto& engine : engines_) engine->poll();
            for (const auto& client : clients_) client->poll();
            if (done()) return true;
            boost::asio::io_context& context = loop.context();
            if (context.stopped()) context.restart();
            context.run_one_for(std::chrono::milliseconds{5});
        }
        return false;
    }
    /// A number of turns: long enough for what must not happen to happen.
    void turn(int turns) {
        [[maybe_unused]] const bool done = until([&] { return --turns < 0; });
    }
    /// Until the client has a whole answer with this text in it.
    [[nodiscard]] bool until_got(const Peer& client, std::string_view text) {
        return until([&] { return client.got(text); });
    }
    /// Until no exchange is under way.
    [[nodiscard]] bool until_quiet() {
        return until([&] { return server->busy() == 0; });
    }

    /// The access lines so far.
    [[nodiscard]] std::string access_lines() {
        log_.reset();  // writes what is queued
        log_.emplace(log_options());
        std::ifstream file{access_file_};
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    }
    /// From now on they tell candidates.
    void explain_in_log() {
        explain_in_log_ = true;
        log_->configure(log_options());
    }
    [[nodiscard]] std::uint32_t in_flight(fleet::Slot slot) const {
        return counters.in_flight(slot);
    }
    [[nodiscard]] Engine& engine(std::size_t number) { return *engines_[number]; }
    /// One line of the exposition without its labels' order mattering: the text of a metric.
    [[nodiscard]] std::string metrics_text() const {
        telemetry::Registry registry;
        registry.add(metrics);
        return registry.expose();
    }

    // What the generation is made of.
    proxy::Pool pool;
    proxy::Route route;
    proxy::Generation generation;
    std::vector<fleet::BackendState> states;  // by slot

    std::vector<std::pair<fleet::Slot, ErrorCode>> failures;  // as reported
    std::vector<fleet::Observation> observed;                 // as reported

    net::Loop loop;
    telemetry::WorkerMetrics metrics;
    fleet::CounterSlab counters;
    routing::PrefixIndex index;
    fleet::AdapterHistory adapters;
    proxy::BufferBudget budget{1ULL << 30U};

private:
    static std::string temporary_file() {
        char name[] = "/tmp/penstock-proxy-test-XXXXXX";
        ::close(::mkstemp(name));
        return name;
    }
    [[nodiscard]] telemetry::LogOptions log_options() const {
        telemetry::LogOptions options;
        options.access_file = access_file_;
        options.explain = explain_in_log_;
        return options;
    }

    bool published_ = false;
    bool explain_in_log_ = false;
    const std::string access_file_ = temporary_file();
    std::optional<telemetry::Log> log_{std::in_place, log_options()};
    std::vector<std::unique_ptr<Engine>> engines_;

public:
    std::unique_ptr<proxy::Worker> worker = std::make_unique<proxy::Worker>(
        loop, metrics,
        proxy::Shared{
            counters, index, adapters, budget, *log_,
            [this](fleet::Slot slot, ErrorCode code) { failures.emplace_back(slot, code); },
            nullptr,
            [this](const std::vector<fleet::Observation>& seen) {
                observed.insert(observed.end(), seen.begin(), seen.end());
            }},
        std::uint64_t{1});
    std::unique_ptr<proxy::ProxyHandler> handler = std::make_unique<proxy::ProxyHandler>(*worker);
    std::unique_ptr<h1::ServerConnections> server =
        std::make_unique<h1::ServerConnections>(loop, *handler, &metrics);

private:
    std::vector<std::unique_ptr<Peer>> clients_;
};

[[nodiscard]] inline std::string post(std::string_view path, std::string_view body,
                                      std::string_view fields = "") {
    std::string text = "POST ";
    text.append(path).append(" HTTP/1.1\r\nHost: penstock.test\r\n").append(fields);
    text.append("Content-Length: ").append(std::to_string(body.size()));
    return text.append("\r\n\r\n").append(body);
}
[[nodiscard]] inline std::string get_text(std::string_view path, std::string_view fields = "") {
    std::string text = "GET ";
    text.append(path).append(" HTTP/1.1\r\nHost: penstock.test\r\n").append(fields);
    return text.append("\r\n");
}

inline constexpr std::string_view k_chat_path = "/v1/chat/completions";
inline constexpr std::string_view k_chat =
    R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true})";

[[nodiscard]] inline std::string chat(std::string_view fields = "") {
    return post(k_chat_path, k_chat, fields);
}

}  // namespace penstock::support
