#include "run_server.h"

#include <csignal>
#include <cstdio>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "../server/sd_notify.h"

namespace penstock::app {

namespace {

class Signals {
public:
    Signals(net::Loop& loop, ProxyServer& server)
        : server_{server}, set_{loop.context(), SIGTERM, SIGINT, SIGHUP} {
        wait();
    }

private:
    void wait() {
        set_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            wait();
            if (number == SIGHUP) {
                server_.reload(true);
            } else {
                server_.shut_down();
            }
        });
    }

    ProxyServer& server_;
    boost::asio::signal_set set_;
};

/// Tells systemd, again and again, that the control loop turns.
class Watchdog {
public:
    explicit Watchdog(net::Loop& loop) : timer_{loop}, interval_{watchdog_interval()} { feed(); }

private:
    void feed() {
        if (!interval_) return;
        sd_notify("WATCHDOG=1");
        timer_.set(*interval_, hook_);
    }

    net::Timer timer_;
    std::optional<Millis> interval_;
    Hook<Watchdog, &Watchdog::feed> hook_{*this};
};

}  // namespace

bool print_problems(const LoadedConfig& loaded) {
    for (const Problem& problem : loaded.problems)
        std::fprintf(stderr, "%s\n", to_text(problem).c_str());
    return loaded.ok();
}

int run_server(ProxyServer::Source source) {
    net::Loop control;
    return run_server_on(control, std::move(source), [](const ProxyServer&) {});
}

int run_server_on(net::Loop& control, ProxyServer::Source source,
                  const std::function<void(const ProxyServer&)>& ready) {
    std::signal(SIGPIPE, SIG_IGN);
    ProxyServer server{control, std::move(source)};
    // Before anybody is told an address: whoever reads it may send a signal at once.
    const Signals signals{control, server};
    if (const Result<void> started = server.start(); !started) {
        std::fprintf(stderr, "penstock: %s\n", std::string{started.error().detail()}.c_str());
        return 1;
    }
    const Watchdog watchdog{control};
    ready(server);
    sd_notify("READY=1");
    control.run([](const std::exception_ptr& thrown) {
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "penstock: an exception reached the control loop: %s\n",
                         error.what());
        }
    });
    return 0;
}

}  // namespace penstock::app
