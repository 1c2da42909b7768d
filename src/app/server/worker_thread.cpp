#include "worker_thread.h"

#include <utility>

namespace penstock::app {

namespace {

std::string text_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown";
    }
}

}  // namespace

WorkerThread::WorkerThread(const proxy::Shared& shared, std::uint64_t seed,
                           const WorkerLimits& limits)
    : log_{shared.log},
      worker_{loop_, metrics_, shared, seed},
      handler_{worker_},
      explainer_{worker_},
      connections_{loop_, handler_, &metrics_},
      max_connections_{limits.connections} {
    connections_.limit_handshakes(limits.handshakes);
    loop_.count_in(metrics_);
}

WorkerThread::~WorkerThread() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    worker_.ending = true;  // for the records of the exchanges that end with their connections
}

void WorkerThread::start() {
    thread_ = std::thread{[this] {
        loop_.run([this](const std::exception_ptr& thrown) {
            log_.write(telemetry::LogLevel::error, "an exception reached a worker's loop",
                       {{"what", text_of(thrown)}});
        });
    }};
}

void WorkerThread::publish(std::shared_ptr<const proxy::Generation> generation) {
    loop_.post([this, generation = std::move(generation)]() mutable {
        connections_.configure(generation->server, generation->http2);
        worker_.publish(std::move(generation));
    });
}

void WorkerThread::publish(std::shared_ptr<const fleet::LoadTable> table) {
    loop_.post([this, table = std::move(table)]() mutable { worker_.publish(std::move(table)); });
}

void WorkerThread::listen(std::string address, int fd, Offer offer) {
    loop_.post([this, address = std::move(address), fd, offer = std::move(offer)] {
        Listening& on = listening_[address];  // a map's elements stay where they are
        on.offer = offer;
        on.acceptor = std::make_unique<net::Acceptor>(
            loop_, fd,
            [this, &on](net::Transport transport) { accepted(std::move(transport), on); });
    });
}

void WorkerThread::change_offer(std::string address, Offer offer) {
    loop_.post([this, address = std::move(address), offer = std::move(offer)] {
        const auto found = listening_.find(address);
        if (found != listening_.end()) found->second.offer = offer;
    });
}

void WorkerThread::accepted(net::Transport transport, const Listening& on) {
    if (connections_.size() >= max_connections_) {
        metrics_.count(telemetry::Count::connections_refused);
        return;
    }
    connections_.serve(std::move(transport), on.offer);
}

void WorkerThread::stop_listening(std::string address) {
    loop_.post([this, address = std::move(address)] {
        const auto found = listening_.find(address);
        if (found == listening_.end()) return;
        found->second.acceptor->drain_and_close();
        listening_.erase(found);
    });
}

void WorkerThread::forget(fleet::Slot slot) {
    loop_.post([this, slot] { worker_.close(slot); });
}

void WorkerThread::tell_oldest_generation(std::function<void(std::uint64_t)> tell) {
    loop_.post([this, tell = std::move(tell)] { tell(worker_.oldest()); });
}

void WorkerThread::explain(proxy::Question question, proxy::Explainer::Tell tell) {
    loop_.post([this, question = std::move(question), tell = std::move(tell)]() mutable {
        explainer_.explain(std::move(question), std::move(tell));
    });
}

void WorkerThread::announce_drain() {
    loop_.post([this] { worker_.draining = true; });
}

void WorkerThread::drain() {
    loop_.post([this] {
        for (auto& [address, on] : listening_) on.acceptor->drain_and_close();
        connections_.drain();
    });
}

void WorkerThread::count_left(std::function<void(std::size_t, std::size_t)> tell) {
    loop_.post([this, tell = std::move(tell)] { tell(connections_.busy(), connections_.size()); });
}

}  // namespace penstock::app
