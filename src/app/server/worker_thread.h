// One worker: a thread, its loop, and everything that lives on it. Owned by `ProxyServer`.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "connections.h"
#include "penstock/net/listener.h"
#include "penstock/net/loop.h"
#include "penstock/proxy/explainer.h"
#include "penstock/proxy/handler.h"
#include "penstock/telemetry/metrics.h"

namespace penstock::app {

/// How much one worker takes on.
struct WorkerLimits {
    std::size_t connections = 0;
    std::size_t handshakes = 0;  // of TLS, under way
};

/// Every method may be called from the control thread: the work is posted to the worker's loop.
class WorkerThread {
public:
    WorkerThread(const proxy::Shared& shared, std::uint64_t seed, const WorkerLimits& limits);
    ~WorkerThread();  // stops at once
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;

    void start();
    void publish(std::shared_ptr<const proxy::Generation> generation);
    void publish(std::shared_ptr<const fleet::LoadTable> table);
    /// Runs `work` on the worker, after everything that was published before.
    void call(std::function<void()> work) { loop_.post(std::move(work)); }
    /// Accepts from this socket, which it owns from now on.
    void listen(std::string address, int fd, Offer offer);
    /// For this address's connections from now on.
    void change_offer(std::string address, Offer offer);
    void stop_listening(std::string address);
    void forget(fleet::Slot slot);
    /// The number of the oldest generation that a request here still holds.
    void tell_oldest_generation(std::function<void(std::uint64_t)> tell);

    /// Where this request would go by this worker; `tell` is called on the worker.
    void explain(proxy::Question question, proxy::Explainer::Tell tell);

    /// Refuses readiness from now on; traffic goes on.
    void announce_drain();
    /// Accepts what is queued, then closes all listeners; connections end after their exchange.
    void drain();
    /// Exchanges and connections left, told on the control thread by `tell`.
    void count_left(std::function<void(std::size_t busy, std::size_t open)> tell);

    [[nodiscard]] const telemetry::WorkerMetrics& metrics() const noexcept { return metrics_; }

private:
    struct Listening {
        Offer offer;
        std::unique_ptr<net::Acceptor> acceptor;
    };
    void accepted(net::Transport transport, const Listening& on);

    telemetry::WorkerMetrics metrics_;
    net::Loop loop_;
    telemetry::Log& log_;
    proxy::Worker worker_;
    proxy::ProxyHandler handler_;
    proxy::Explainer explainer_;
    Connections connections_;
    std::map<std::string, Listening> listening_;  // by configured address
    std::size_t max_connections_;
    std::thread thread_;
};

}  // namespace penstock::app
