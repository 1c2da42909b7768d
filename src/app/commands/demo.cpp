// Three simulated engines and the proxy before them, in one process and without a file.
#include <cstdio>

#include <unistd.h>

#include "commands.h"
#include "engine_server.h"
#include "run_server.h"

namespace penstock::app {

namespace {

constexpr std::uint32_t k_engines = 3;

struct DemoOptions {
    std::string listen = "127.0.0.1:8080";
    std::string admin = "127.0.0.1:9090";
};

Result<void> try_bind(const std::string& address) {
    const Result<net::BoundListener> bound = net::bind_listener(address, 1);
    if (!bound) return bound.error();
    for (const int fd : bound->fds) ::close(fd);
    return {};
}

/// The address, or port 0 on the same host when somebody has it already, which is said. Errors:
/// those of `net::bind_listener`, with the flag's name.
Result<std::string> free_address(const char* flag, const std::string& address) {
    const Result<void> bound = try_bind(address);
    if (bound) return address;
    const std::string why = std::string{flag} + ": " + std::string{bound.error().detail()};
    const std::string other = address.substr(0, address.rfind(':') + 1) + "0";
    if (!try_bind(other)) return Error{bound.error().code(), why};
    std::fprintf(stderr, "penstock: %s; it gets another port\n", why.c_str());
    return other;
}

std::string demo_config(const DemoOptions& options,
                        const std::vector<std::unique_ptr<EngineServer>>& engines) {
    std::string text =
        "[server]\nexplain = true\n\n[log]\naccess = false\nlevel = "
        "\"warning\"\n\n[[listener]]\naddress = \"" +
        options.listen + "\"\n\n[admin]\naddress = \"" + options.admin +
        "\"\n\n[[pool]]\nname = \"demo\"\nengine = \"vllm\"\nbackends = [";
    for (const auto& engine : engines) text += "{ url = \"" + engine->url() + "\" }, ";
    return text + "]\n";
}

/// Tells the addresses when the first request would be served: the proxy must have seen its engines
/// first.
class Announcement {
public:
    explicit Announcement(net::Loop& loop) : timer_{loop} {}

    void watch(const ProxyServer& server) {
        server_ = &server;
        look();
    }

private:
    void look() {
        if (server_->readiness() != admin::Readiness::ready) {
            timer_.set(net::Loop::k_tick, hook_);
            return;
        }
        const std::string proxy = server_->addresses().front();
        const std::string admin = server_->admin_address();
        std::printf("proxy %s\nadmin %s\n\nTry, in another terminal; Ctrl-C here ends it:\n\n",
                    proxy.c_str(), admin.c_str());
        std::printf(
            "  curl -N -i -H 'X-Penstock-Explain: 1' -d '{\"model\": \"demo-model\", \"stream\": "
            "true,\n"
            "    \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}' "
            "%s/v1/chat/completions\n"
            "  curl %s/v1/models\n"
            "  curl %s/metrics\n"
            "  %s/ in a browser: the backends and their load\n",
            proxy.c_str(), proxy.c_str(), admin.c_str(), admin.c_str());
        std::fflush(stdout);
    }

    const ProxyServer* server_ = nullptr;
    net::Timer timer_;
    Hook<Announcement, &Announcement::look> hook_{*this};
};

int demo(DemoOptions options) {
    for (const auto& [flag, address] :
         {std::pair{"--listen", &options.listen}, std::pair{"--admin", &options.admin}}) {
        const Result<std::string> free = free_address(flag, *address);
        if (!free) return fail(free.error().detail());
        *address = *free;
    }
    net::Loop control;
    Announcement announcement{control};
    std::vector<std::unique_ptr<EngineServer>> engines;
    for (std::uint32_t i = 0; i < k_engines; ++i) {
        mock_engine::EngineOptions engine;
        engine.id = "engine-" + std::to_string(i);
        engine.profile.decode_step = Micros{30'000};  // slow enough to watch
        auto server = EngineServer::start(control, "127.0.0.1:0", engine);
        if (!server) {
            std::fprintf(stderr, "penstock: %s\n", std::string{server.error().detail()}.c_str());
            return k_failed;
        }
        std::printf("engine %s %s\n", engine.id.c_str(), (*server)->url().c_str());
        engines.push_back(std::move(*server));
    }
    ProxyServer::Source source{.loaded = parse_config(demo_config(options, engines), "demo"),
                               .reload = {}};
    if (!print_problems(source.loaded)) return k_failed;
    return run_server_on(control, std::move(source), [&announcement](const ProxyServer& server) {
        announcement.watch(server);
    });
}

}  // namespace

void add_demo(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand(
        "demo", "Run three simulated engines and a proxy before them; no file needed.");
    auto options = std::make_shared<DemoOptions>();
    command
        ->add_option("--listen", options->listen,
                     "Address of the proxy; another port if it is taken.")
        ->capture_default_str();
    command
        ->add_option("--admin", options->admin,
                     "Address of the admin pages; another port if it is taken.")
        ->capture_default_str();
    command->callback([options, &action] { action = [options] { return demo(*options); }; });
}

}  // namespace penstock::app
