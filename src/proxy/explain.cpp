#include "explain.h"

#include "decide.h"
#include "explanation_json.h"
#include "penstock/http/reply.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

/// As the handler does, up to the pool.
Task<std::optional<Error>> find_pool(Exchange& exchange) {
    if (auto refusal = admit(exchange)) co_return refusal;
    if (exchange.grpc || exchange.route->body == BodyMode::stream) co_return choose_pool(exchange);
    const std::optional<Error> unread = co_await read_body(exchange);
    if (unread) co_return unread;
    if (inspects_elsewhere(exchange)) {
        co_await inspect_elsewhere(exchange);
    } else {
        inspect(exchange);
    }
    co_return choose_pool(exchange);
}

/// The decision that a request would meet now. The worker's chance and turn stay as they are.
void foresee(Exchange& exchange, Explanation& explanation) {
    const Worker& worker = exchange.worker;
    Rng chance = worker.rng;
    explanation.input = survey(exchange, {});
    explanation.decision = exchange.pool->policy->decide(explanation.input, worker.sheet, chance);
    keep_candidates(exchange, explanation.input, explanation.decision);
    if (!explanation.decision.found()) explanation.refusal = nobody_fits(exchange);
}

}  // namespace

Task<void> ExplainHandler::handle(http::ServerStream& client) {
    Exchange exchange{worker_, client, Purpose::explain};
    Explanation explanation;
    explanation.refusal = co_await find_pool(exchange);
    if (!explanation.refusal) foresee(exchange, explanation);
    http::reply(client, 200, "application/json", explanation_json(exchange, explanation));
}

}  // namespace penstock::proxy
