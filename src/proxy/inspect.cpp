#include <algorithm>
#include <exception>

#include "models.h"
#include "penstock/base/await.h"
#include "penstock/proxy/inspect_thread.h"
#include "route.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

constexpr std::size_t k_model_max = 256;  // bytes of a model's name in a record

/// The pool is not chosen yet, since the model is not known: a chain for each way in which those
/// that may be it look at prompts. Nearly always one.
class ChainSetter {
public:
    explicit ChainSetter(std::vector<Chain>& chains) : chains_{chains} {}

    void set_for(const Exchange& exchange) {
        const Generation& generation = *exchange.generation;
        for_possible_pools(
            generation, exchange.asked(), *exchange.route,
            [&generation, this](std::uint32_t index) { add(generation.pools[index]); });
        chains_.resize(count_);
    }

private:
    void add(const Pool& pool) {
        const auto end = chains_.begin() + static_cast<std::ptrdiff_t>(count_);
        if (std::any_of(chains_.begin(), end,
                        [&pool](const Chain& chain) { return suits(chain, pool); }))
            return;
        if (count_ == chains_.size()) chains_.emplace_back();
        Chain& chain = chains_[count_++];  // of a request before: its memory is used again
        chain.block_size = pool.balance.block_size.count;
        chain.cuts_names = cuts_names(pool.engine);
        chain.blocks.clear();
    }

    std::vector<Chain>& chains_;
    std::size_t count_ = 0;
};

std::string_view content_type_of(const Exchange& exchange) noexcept {
    return exchange.client.head()
        .fields.find(http::FieldName::content_type)
        .value_or(std::string_view{});
}

void prepare(Exchange& exchange) {
    exchange.endpoint =
        engine::endpoint_of(exchange.client.head().path(), content_type_of(exchange));
    exchange.chains.swap(exchange.worker.spare.chains);
    ChainSetter{exchange.chains}.set_for(exchange);
}

/// There and, when it is done, back.
void move(Exchange& exchange, InspectJob& job) {
    exchange.body.swap(job.body);
    exchange.chains.swap(job.chains);
    exchange.facts.swap(job.facts);
}

void note_model(Exchange& exchange) {
    exchange.record.model.assign(exchange.facts.model, 0, k_model_max);
}

/// A worker's place in the thread's queue, given back also when the waiting frame is destroyed.
class Place {
public:
    explicit Place(Worker& worker) noexcept : worker_{worker} { ++worker_.inspect_jobs; }
    ~Place() { --worker_.inspect_jobs; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Worker& worker_;
};

}  // namespace

void inspect(Exchange& exchange) {
    prepare(exchange);
    if (exchange.body.empty()) return;
    exchange.worker.inspector.inspect({exchange.endpoint, content_type_of(exchange), exchange.body},
                                      exchange.chains, exchange.facts);
    note_model(exchange);
}

bool inspects_elsewhere(const Exchange& exchange) {
    return exchange.body.size() > k_inspect_elsewhere &&
           exchange.worker.shared.inspect != nullptr &&
           exchange.worker.inspect_jobs < k_inspect_jobs_max;
}

Task<void> inspect_elsewhere(Exchange& exchange) {
    const Place place{exchange.worker};
    auto job = std::make_shared<InspectJob>();
    prepare(exchange);
    job->endpoint = exchange.endpoint;
    job->content_type = content_type_of(exchange);
    move(exchange, *job);
    exchange.worker.shared.inspect->submit(job, exchange.worker.loop);
    InspectJob* waiting = job.get();
    while (!waiting->done) {
        co_await WakeAwaiter{[waiting](Waiter* waiter) noexcept { waiting->waiter = waiter; }};
    }
    if (job->failure) std::rethrow_exception(job->failure);
    move(exchange, *job);
    note_model(exchange);
}

}  // namespace penstock::proxy
