#include "penstock/proxy/inspect_thread.h"

#include <utility>

#include "models.h"

namespace penstock::proxy {

namespace {

/// Hashes the prompt's text as the engine module reads it, for each chain.
class ChainSink final : public engine::PromptSink {
public:
    ChainSink(std::vector<Chain>& chains, std::vector<routing::PrefixHasher>& hashers)
        : chains_{chains}, hashers_{hashers} {}

    void begin(const engine::RequestFacts& facts) override {
        for (std::size_t i = 0; i < chains_.size(); ++i) {
            Chain& chain = chains_[i];
            hashers_[i].begin(
                routing::chain_seed(weights(facts, chain.cuts_names), facts.cache_salt),
                chain.block_size, chain.blocks);
        }
    }
    void text(std::string_view piece) override {
        for (std::size_t i = 0; i < chains_.size(); ++i) hashers_[i].add(piece);
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
    std::vector<routing::PrefixHasher>& hashers_;
};

}  // namespace

void BodyInspector::inspect(const engine::Body& body, std::vector<Chain>& chains,
                            engine::RequestFacts& facts) {
    if (hashers_.size() < chains.size()) hashers_.resize(chains.size());
    ChainSink sink{chains, hashers_};
    inspector_.inspect(body, facts, sink);
}

InspectThread::InspectThread()
    : InspectThread{[inspector = std::make_shared<BodyInspector>()](InspectJob& job) {
          inspector->inspect({job.endpoint, job.content_type, job.body}, job.chains, job.facts);
      }} {}

InspectThread::InspectThread(Inspect inspect)
    : inspect_{std::move(inspect)}, thread_{[this] {
          loop_.run([](const std::exception_ptr&) {});
      }} {}

InspectThread::~InspectThread() {
    stop();
}

void InspectThread::stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

// No memory, or a bug: thrown on where the request is, which ends and is answered.
void InspectThread::run(InspectJob& job) const {
    try {
        inspect_(job);
    } catch (...) {
        job.failure = std::current_exception();
    }
}

void InspectThread::submit(std::shared_ptr<InspectJob> job, net::Loop& worker) {
    loop_.post([this, job = std::move(job), &worker]() mutable {
        run(*job);
        worker.post([job = std::move(job)] {
            job->done = true;
            if (Waiter* waiter = std::exchange(job->waiter, nullptr)) waiter->wake();
        });
    });
}

}  // namespace penstock::proxy
