#include "penstock/proxy/inspect_thread.h"

#include <utility>

#include "models.h"
#include "penstock/routing/prefix_blocks.h"

namespace penstock::proxy {

namespace {

/// Hashes the prompt's text as the engine module reads it.
class ChainSink final : public engine::PromptSink {
public:
    explicit ChainSink(std::vector<Chain>& chains) : chains_{chains} {}

    void begin(const engine::RequestFacts& facts) override {
        hashers_.reserve(chains_.size());
        for (Chain& chain : chains_) {
            hashers_.emplace_back(
                routing::chain_seed(weights(facts, chain.cuts_names), facts.cache_salt),
                chain.block_size, chain.blocks);
        }
    }
    void text(std::string_view piece) override {
        for (routing::PrefixHasher& hasher : hashers_) hasher.add(piece);
    }

private:
    /// An adapter computes other keys and values than its base model: no block is shared. However
    /// it is named, its blocks are the same.
    static std::string_view weights(const engine::RequestFacts& facts, bool cuts_names) noexcept {
        const std::string_view named = cuts_names ? cut_name(facts.model).adapter : "";
        if (!named.empty()) return named;
        return facts.adapter.empty() ? facts.model : facts.adapter;
    }

    std::vector<Chain>& chains_;
    std::vector<routing::PrefixHasher> hashers_;
};

}  // namespace

void inspect_body(engine::Inspector& inspector, InspectJob& job) {
    ChainSink sink{job.chains};
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
