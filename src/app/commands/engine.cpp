#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "commands.h"
#include "engine_server.h"
#include "penstock/kv_events/follower.h"

namespace penstock::app {

namespace {

struct EngineCommand {
    mock_engine::EngineOptions engine;
    std::string listen = "127.0.0.1:8001";
    std::string dialect = "vllm";
    std::uint32_t count = 1;
    std::uint32_t decode_step_ms = 10;
    std::uint32_t startup_ms = 0;
    std::string kv_events;
    std::string kv_replay;
    std::uint32_t adapter_load_ms = 0;
};

std::string next_address(const std::string& address, std::uint32_t offset) {
    if (offset == 0) return address;  // the listener says what is wrong with it
    if (address.starts_with("unix:")) return address + "-" + std::to_string(offset);
    const std::size_t port_at = address.rfind(':') + 1;
    std::uint32_t port = 0;
    std::from_chars(address.data() + port_at, address.data() + address.size(), port);
    return address.substr(0, port_at) + std::to_string(port == 0 ? 0 : port + offset);
}

/// As POST /mock/faults takes it.
std::string check_status(const std::string& text) {
    const CLI::Range errors{400, 599};
    return text == "0" ? std::string{} : errors(text);
}

/// The endpoint of the engine with this number: the port after those before it, or any.
std::string next_endpoint(const std::string& endpoint, std::uint32_t number) {
    if (endpoint.empty()) return {};
    const std::vector<std::string> all = kv_events::rank_endpoints(endpoint, number + 1);
    return all[std::min<std::size_t>(number, all.size() - 1)];
}

Result<void> publish_events(const EngineCommand& command, std::uint32_t number,
                            mock_engine::MockEngine& engine, const std::string& id) {
    if (command.kv_events.empty()) return {};
    const Result<void> published =
        engine.publish_events({.events = next_endpoint(command.kv_events, number),
                               .replays = next_endpoint(command.kv_replay, number)});
    if (!published) {
        return Error{published.error().code(),
                     "--kv-events, --kv-replay: " + std::string{published.error().detail()} +
                         ": write tcp://host:port"};
    }
    std::printf("events %s %s %s\n", id.c_str(), engine.publisher()->events().c_str(),
                engine.publisher()->replays().c_str());
    return {};
}

int serve(const EngineCommand& command) {
    std::signal(SIGPIPE, SIG_IGN);
    net::Loop loop;
    std::vector<std::unique_ptr<EngineServer>> servers;
    boost::asio::signal_set signals{loop.context(), SIGTERM, SIGINT};
    signals.async_wait([&loop](const auto&, int) { loop.stop(); });
    for (std::uint32_t i = 0; i < command.count; ++i) {
        mock_engine::EngineOptions options = command.engine;
        if (command.count > 1) options.id += "-" + std::to_string(i);
        const std::string address = next_address(command.listen, i);
        Result<std::unique_ptr<EngineServer>> server = EngineServer::start(loop, address, options);
        if (!server) {
            std::fprintf(stderr, "penstock: %s\n", std::string{server.error().detail()}.c_str());
            return k_failed;
        }
        std::printf("engine %s %s\n", options.id.c_str(), (*server)->url().c_str());
        const Result<void> published = publish_events(command, i, (*server)->engine(), options.id);
        if (!published) {
            std::fprintf(stderr, "penstock: %s\n", std::string{published.error().detail()}.c_str());
            return k_failed;
        }
        servers.push_back(std::move(*server));
    }
    std::fflush(stdout);
    loop.run([](const std::exception_ptr&) {
        std::fprintf(stderr, "penstock: an exception in the engine\n");
    });
    return k_done;
}

void add_options(CLI::App& app, EngineCommand& command) {
    mock_engine::EngineOptions& engine = command.engine;
    app.add_option("--listen", command.listen, "Address; further engines take the ports after it.")
        ->capture_default_str();
    app.add_option("--count", command.count, "How many engines.")
        ->capture_default_str()
        ->check(CLI::Range(1, 256));
    app.add_option("--id", engine.id, "The name told in X-Engine-Id.")->capture_default_str();
    app.add_option("--engine", command.dialect, "Whose metrics to speak: vllm or sglang.")
        ->capture_default_str()
        ->check(CLI::IsMember({"vllm", "sglang"}));
    app.add_option("--model", engine.models, "Model names (repeatable).")->capture_default_str();
    app.add_option("--adapter", engine.adapters, "LoRA adapter names (repeatable).");
    app.add_option("--data-parallel-size", engine.ranks,
                   "Data-parallel ranks, each with a queue and a cache of its own.")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    app.add_option("--max-loras", engine.max_adapters, "Adapters loaded at a time.")
        ->capture_default_str()
        ->check(CLI::Range(1, 65'536));
    app.add_option("--adapter-load-ms", command.adapter_load_ms, "Time to load an adapter.")
        ->capture_default_str();
    app.add_option("--seed", engine.seed, "Decides the text.")->capture_default_str();
    app.add_option("--speed", engine.speed, "2: twice as fast.")
        ->capture_default_str()
        ->check(between(0.001, 10'000));
    app.add_option("--decode-step-ms", command.decode_step_ms, "Time of one decode step.")
        ->capture_default_str();
    app.add_option("--decode-growth", engine.profile.decode_step_per_request,
                   "A step of n requests takes 1 + this x (n - 1) times as long.")
        ->capture_default_str()
        ->check(between(0, 100));
    app.add_option("--prefill-rate", engine.profile.prefill_tokens_per_second,
                   "Prompt tokens computed in a second.")
        ->capture_default_str()
        ->check(between(1, 1e9));
    app.add_option("--max-running", engine.profile.max_running, "Requests in a batch.")
        ->capture_default_str()
        ->check(CLI::Range(1, 65'536));
    app.add_option("--kv-blocks", engine.profile.kv_blocks, "Blocks of 16 tokens in the cache.")
        ->capture_default_str()
        ->check(CLI::Range(1, 4'194'304));
    app.add_flag("!--no-prefix-caching", engine.profile.prefix_caching,
                 "Compute every prompt whole.");
    app.add_flag(
        "!--no-cache-report", engine.cache_report,
        "Leave cached tokens out of the answers' usage, as vLLM and SGLang do by default.");
    app.add_option("--kv-events", command.kv_events,
                   "Publish KV-cache events here (tcp://127.0.0.1:5557, or port * for any); "
                   "further engines take the ports after it.")
        ->excludes("--data-parallel-size");
    app.add_option("--kv-replay", command.kv_replay, "Tell them again here.");
    app.add_option("--startup-ms", command.startup_ms, "Answer 503 for so long at first.")
        ->capture_default_str();
    app.add_option("--status", engine.faults.status,
                   "Fault: answer every completion with this status, 400 to 599.")
        ->check(check_status);
    app.add_flag("--hang", engine.faults.hang, "Fault: never send a response byte.");
    app.add_option("--stall-after", engine.faults.stall_after,
                   "Fault: fall silent after so many tokens.");
    app.add_option("--reset-after", engine.faults.reset_after,
                   "Fault: reset the connection after so many tokens.");
}

}  // namespace

void add_engine(CLI::App& app, Action& action) {
    CLI::App* sub = app.add_subcommand(
        "engine", "Run simulated vLLM or SGLang servers, for tests and first steps.");
    auto command = std::make_shared<EngineCommand>();
    add_options(*sub, *command);
    sub->footer(
        "Faults can be changed while it runs: POST /mock/faults; POST /mock/restart forgets the "
        "cache.");
    sub->callback([command, &action] {
        action = [command] {
            command->engine.dialect =
                command->dialect == "sglang" ? fleet::Engine::sglang : fleet::Engine::vllm;
            command->engine.profile.decode_step = Micros{command->decode_step_ms * 1000};
            command->engine.adapter_load = Millis{command->adapter_load_ms};
            command->engine.faults.startup = Millis{command->startup_ms};
            return serve(*command);
        };
    });
}

}  // namespace penstock::app
