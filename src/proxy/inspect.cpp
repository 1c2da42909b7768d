#include <algorithm>

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
std::vector<Chain> chains_for(const Exchange& exchange) {
    std::vector<Chain> chains;
    const Generation& generation = *exchange.generation;
    for (const std::uint32_t index :
         possible_pools(generation, exchange.client.head(), *exchange.route)) {
        const Pool& pool = generation.pools[index];
        const bool known = std::any_of(chains.begin(), chains.end(),
                                       [&pool](const Chain& chain) { return suits(chain, pool); });
        if (!known) {
            chains.push_back({pool.balance.block_size.count, cuts_names(pool.engine), {}});
        }
    }
    return chains;
}

InspectJob job_of(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    InspectJob job;
    job.content_type = head.fields.find(http::FieldName::content_type).value_or(std::string_view{});
    job.endpoint = engine::endpoint_of(head.path(), job.content_type);
    job.body = std::move(exchange.body);
    job.chains = chains_for(exchange);
    return job;
}

void take_back(InspectJob& job, Exchange& exchange) {
    exchange.endpoint = job.endpoint;
    exchange.body = std::move(job.body);
    exchange.facts = std::move(job.facts);
    exchange.record.model = exchange.facts.model.substr(0, k_model_max);
    exchange.chains = std::move(job.chains);
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
    InspectJob job = job_of(exchange);
    if (!job.body.empty()) inspect_body(exchange.worker.inspector, job);
    take_back(job, exchange);
}

bool inspects_elsewhere(const Exchange& exchange) {
    return exchange.body.size() > k_inspect_elsewhere &&
           exchange.worker.shared.inspect != nullptr &&
           exchange.worker.inspect_jobs < k_inspect_jobs_max;
}

Task<void> inspect_elsewhere(Exchange& exchange) {
    const Place place{exchange.worker};
    auto job = std::make_shared<InspectJob>(job_of(exchange));
    exchange.worker.shared.inspect->submit(job, exchange.worker.loop);
    InspectJob* waiting = job.get();
    while (!waiting->done) {
        co_await WakeAwaiter{[waiting](Waiter* waiter) noexcept { waiting->waiter = waiter; }};
    }
    take_back(*job, exchange);
}

}  // namespace penstock::proxy
