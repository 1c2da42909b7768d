#include "penstock/kv_events/publisher.h"

#include <deque>
#include <utility>

#include "penstock/net/loop.h"
#include "wire.h"
#include "zmq_socket.h"

namespace penstock::kv_events {

struct Publisher::Impl {
    Impl(net::Loop& loop, Options with)
        : options{std::move(with)},
          events{loop, context, ZmqSocket::Kind::publish, {}},
          replays{loop, context, ZmqSocket::Kind::router,
                  [this](const ZmqSocket::Frames& asked) { replay(asked); }} {}

    void replay(const ZmqSocket::Frames& asked);

    struct Kept {
        std::uint64_t number;
        std::string payload;
    };

    Options options;
    ZmqContext context;
    std::deque<Kept> kept;
    std::uint64_t next = 0;
    ZmqSocket events;
    ZmqSocket replays;
};

// What asks is [who][][number].
void Publisher::Impl::replay(const ZmqSocket::Frames& asked) {
    if (asked.size() != 3) return;
    const std::optional<std::uint64_t> from = read_number(asked[2]);
    if (!from) return;
    for (const Kept& each : kept) {
        if (each.number < *from) continue;
        replays.send({asked[0], "", "", number_frame(each.number), each.payload});
    }
    replays.send({asked[0], "", "", number_frame(k_end_of_replay), ""});
}

Publisher::Publisher(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Publisher::~Publisher() = default;

Result<std::unique_ptr<Publisher>> Publisher::open(net::Loop& loop, const Options& options) {
    auto impl = std::make_unique<Impl>(loop, options);
    Result<std::string> events = impl->events.bind(options.events);
    if (!events) return events.error();
    impl->options.events = std::move(*events);
    if (!options.replays.empty()) {
        Result<std::string> replays = impl->replays.bind(options.replays);
        if (!replays) return replays.error();
        impl->options.replays = std::move(*replays);
    }
    return std::unique_ptr<Publisher>{new Publisher{std::move(impl)}};
}

void Publisher::publish(const Batch& batch, double time) {
    const std::uint64_t number = impl_->next++;
    std::string payload = encode(batch, impl_->options.form, time);
    impl_->events.send({"", number_frame(number), payload});
    if (impl_->kept.size() == k_kept) impl_->kept.pop_front();
    impl_->kept.push_back({number, std::move(payload)});
}

void Publisher::restart() {
    impl_->next = 0;
    impl_->kept.clear();
}

const std::string& Publisher::events() const noexcept {
    return impl_->options.events;
}

const std::string& Publisher::replays() const noexcept {
    return impl_->options.replays;
}

}  // namespace penstock::kv_events
