#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "discovered.h"
#include "penstock/control/resolver.h"
#include "penstock/control/spawn.h"
#include "penstock/monitor/monitor.h"

namespace penstock::monitor {

namespace asio = boost::asio;

namespace {

constexpr auto k_await = asio::as_tuple(asio::use_awaitable);

// glibc's default is two rounds of 5 s for each name server; one round is waited for.
constexpr Millis k_lookup_timeout{10'000};

// A name is not asked for more often, whatever the configuration says.
constexpr Millis k_interval_min{100};

// Held by the coroutine and by its owner, whose end it outlives by one step.
struct Search {
    Search(asio::io_context& control, std::string name, Millis how_often, DiscoveryHooks told)
        : host{std::move(name)},
          interval{std::max(how_often, k_interval_min)},
          hooks{std::move(told)},
          resolver{control},
          timer{control} {}
    std::string host;
    Millis interval;
    DiscoveryHooks hooks;
    control::Resolver resolver;
    asio::steady_timer timer;
    Discovered known;
    bool stopped = false;
};

void take(Search& search, const Result<std::vector<asio::ip::address>>& answer) {
    if (!answer.has_value()) {
        if (search.hooks.failed) search.hooks.failed(answer.error().detail());
        return;
    }
    if (search.hooks.answered) search.hooks.answered();
    if (search.stopped) return;
    std::vector<std::string> literals;
    for (const auto& address : *answer) literals.push_back(address.to_string());
    if (search.known.learn(std::move(literals))) search.hooks.changed(search.known.addresses());
}

asio::awaitable<void> go_on(std::shared_ptr<Search> search) {
    while (!search->stopped) {
        const auto answer = co_await search->resolver.resolve(search->host, k_lookup_timeout);
        if (search->stopped) co_return;
        take(*search, answer);
        if (search->stopped) co_return;
        search->timer.expires_after(search->interval);
        co_await search->timer.async_wait(k_await);
    }
}

}  // namespace

struct Discovery::Impl {
    std::shared_ptr<Search> search;
};

Discovery::Discovery(asio::io_context& control, std::string host, Millis interval,
                     DiscoveryHooks hooks)
    : impl_{std::make_unique<Impl>()} {
    impl_->search = std::make_shared<Search>(control, std::move(host), interval, std::move(hooks));
    control::spawn(control, go_on(impl_->search));
}

Discovery::~Discovery() {
    impl_->search->stopped = true;
    impl_->search->resolver.cancel();
    impl_->search->timer.cancel();
}

}  // namespace penstock::monitor
