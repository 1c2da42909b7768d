// One thread that reads large request bodies, so that no worker's streams wait for it.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "penstock/engine/inspect.h"
#include "penstock/net/loop.h"
#include "penstock/routing/prefix_blocks.h"

namespace penstock::proxy {

/// The prompt's chain for pools that look at prompts in this way.
struct Chain {
    std::size_t block_size = 1024;
    bool cuts_names = false;  // "base:adapter" names an adapter
    std::vector<std::uint64_t> blocks;
};

/// What is to be inspected; moved there and back. Touched by one thread at a time.
struct InspectJob {
    engine::Endpoint endpoint = engine::Endpoint::other;
    std::string content_type;
    std::string body;  // with engine::k_body_padding bytes behind its size
    std::vector<Chain> chains;
    engine::RequestFacts facts;

    // The worker's side.
    bool done = false;
    std::exception_ptr failure;  // what the inspection threw: for who waits
    Waiter* waiter = nullptr;
};

/// Reads facts and hash chains of a body: what both the worker and this thread do. Keeps its memory
/// from body to body. Thread: one.
class BodyInspector {
public:
    /// `chains`: one for each way that the request may need. `facts`: all but its blocks, which the
    /// chosen pool's chain becomes.
    void inspect(const engine::Body& body, std::vector<Chain>& chains, engine::RequestFacts& facts);

private:
    engine::Inspector inspector_;
    std::vector<routing::PrefixHasher> hashers_;
};

/// Owned by `app`; ends before the workers' loops do.
class InspectThread {
public:
    using Inspect = std::function<void(InspectJob&)>;

    InspectThread();  // with a `BodyInspector`
    /// `inspect`: what is done with each job, on the thread.
    explicit InspectThread(Inspect inspect);
    ~InspectThread();
    InspectThread(const InspectThread&) = delete;
    InspectThread& operator=(const InspectThread&) = delete;

    /// Inspects `job` and then, on `worker`, marks it done and wakes its waiter, also when that
    /// threw. Who no longer waits (its client has gone) just drops its share of the job. Thread:
    /// the worker's.
    void submit(std::shared_ptr<InspectJob> job, net::Loop& worker);

    /// Ends the thread; what is queued is dropped.
    void stop();

private:
    void run(InspectJob& job) const;

    net::Loop loop_;
    const Inspect inspect_;
    std::thread thread_;
};

/// Bodies longer than this are read by the thread: shorter ones cost a worker less than some 100
/// microseconds.
inline constexpr std::size_t k_inspect_elsewhere = 256 * 1024;
/// Jobs one worker may have there; beyond that it reads by itself.
inline constexpr std::uint32_t k_inspect_jobs_max = 8;

}  // namespace penstock::proxy
