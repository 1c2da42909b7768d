#include "penstock/proxy/inspect_thread.h"

#include <optional>
#include <utility>

#include "penstock/routing/prefix_blocks.h"

namespace penstock::proxy {

namespace {

/// Hashes the prompt's text as the engine module reads it.
class ChainSink final : public engine::PromptSink {
public:
    ChainSink(std::size_t block_size, std::vector<std::uint64_t>& blocks)
        : block_size_{block_size}, blocks_{blocks} {}

    void begin(const engine::RequestFacts& facts) override {
        // An adapter computes other keys and values than its base model: no block is shared.
        const std::string& weights = facts.adapter.empty() ? facts.model : facts.adapter;
        hasher_.emplace(routing::chain_seed(weights, facts.cache_salt), block_size_, blocks_);
    }
    void text(std::string_view piece) override { hasher_->add(piece); }

private:
    std::size_t block_size_;
    std::vector<std::uint64_t>& blocks_;
    std::optional<routing::PrefixHasher> hasher_;
};

}  // namespace

void inspect_body(engine::Inspector& inspector, InspectJob& job) {
    ChainSink sink{job.block_size, job.facts.blocks};
    inspector.inspect(job.endpoint, job.content_type, job.body, job.facts, sink);
}

InspectThread::InspectThread() : thread_{[this] { loop_.run([](const std::exception_ptr&) {}); }} {}

InspectThread::~InspectThread() {
    stop();
}

void InspectThread::stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

void InspectThread::submit(std::shared_ptr<InspectJob> job, net::Loop& worker) {
    loop_.post([this, job = std::move(job), &worker]() mutable {
        inspect_body(inspector_, *job);
        worker.post([job = std::move(job)] {
            job->done = true;
            if (Waiter* waiter = std::exchange(job->waiter, nullptr)) waiter->wake();
        });
    });
}

}  // namespace penstock::proxy
