#include <algorithm>
#include <utility>

#include "models.h"
#include "route.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

Error unknown_model(const Exchange& exchange) {
    constexpr std::size_t k_named = 50;  // models told in a refusal
    std::string text = "the model \"";
    text.append(exchange.record.model).append("\" is not served here");
    const std::vector<std::string> known =
        known_models(*exchange.generation, exchange.route->pools, exchange.worker.table());
    for (std::size_t i = 0; i < std::min(known.size(), k_named); ++i) {
        text += (i == 0 ? "; known: " : ", ") + known[i];
    }
    return Error{ErrorCode::model_not_found, std::move(text)};
}

/// Nobody has told a model of this name; one of the route's pools cannot tell.
Error no_word_of_model(const Exchange& exchange, const Pool& down) {
    return Error{ErrorCode::no_healthy_backend, "no healthy backend serves the model \"" +
                                                    exchange.record.model + "\", and the pool \"" +
                                                    down.name + "\" has none; try again"};
}

/// The pool is this one, and the name is what its engine makes of it. The record keeps the
/// client's: as a label only where each part of it is spelled out, so that labels stay few.
void choose(Exchange& exchange, const Pool& pool) {
    const fleet::LoadTable& table = exchange.worker.table();
    exchange.pool = &pool;
    const ReadName name = read_name(pool, table, exchange.facts.model);
    exchange.model_listed = names(pool, table, name.model);
    exchange.record.model_known =
        exchange.model_listed && (name.adapter.empty() || names(pool, table, name.adapter));
    // Both are parts of what they replace.
    std::string model{name.model};
    if (!name.adapter.empty()) exchange.facts.adapter = name.adapter;
    exchange.facts.model = std::move(model);
}

bool serves_asked(const Exchange& exchange, const Pool& pool) {
    const fleet::LoadTable& table = exchange.worker.table();
    const std::string_view model = exchange.facts.model;
    return serves(pool, table, model) || serves(pool, table, read_name(pool, table, model).model);
}

/// The first pool that serves the model and has a backend to pick; else the first that serves it;
/// else the first that lets any model pass.
std::optional<Error> choose_by_model(Exchange& exchange) {
    const fleet::LoadTable& table = exchange.worker.table();
    const Pool* fallback = nullptr;
    const Pool* passes = nullptr;
    const Pool* down = nullptr;
    bool awaited = false;
    for (const std::uint32_t index : exchange.route->pools) {
        const Pool& pool = exchange.generation->pools[index];
        if (serves_asked(exchange, pool)) {
            if (any_pickable(pool, table)) {
                choose(exchange, pool);
                return std::nullopt;
            }
            if (fallback == nullptr) fallback = &pool;
        } else if (pool.unknown_model == UnknownModel::pass && passes == nullptr) {
            passes = &pool;
        }
        const Listing listing = listing_of(pool, table);
        if (listing == Listing::awaited) awaited = true;
        if (listing == Listing::down) down = &pool;
    }
    if (fallback == nullptr) fallback = passes;
    if (fallback != nullptr) {
        choose(exchange, *fallback);
        return std::nullopt;
    }
    if (awaited) return Error{ErrorCode::models_not_listed_yet};
    if (down != nullptr) return no_word_of_model(exchange, *down);
    return unknown_model(exchange);
}

/// Several pools serve the path, and nothing says which: what the body lacks.
Error no_model(const Exchange& exchange) {
    const http::Method method = exchange.client.head().method;
    if (exchange.grpc) {
        return Error{ErrorCode::model_required,
                     "several pools serve this path, and a gRPC call names no model: route it to "
                     "one pool"};
    }
    if (method == http::Method::get || method == http::Method::head) {
        return Error{ErrorCode::model_required,
                     "several pools serve this path, and a " + std::string{http::name(method)} +
                         " names no model: send a POST whose body names one"};
    }
    const bool silent = exchange.body.empty() || exchange.facts.json ||
                        exchange.endpoint == engine::Endpoint::multipart;
    if (!silent) return Error{ErrorCode::bad_request, "the body is not JSON"};
    if (exchange.facts.model_malformed)
        return Error{ErrorCode::bad_request, "\"model\" must be a string"};
    return Error{ErrorCode::model_required,
                 "several pools serve this path: name a model in the body"};
}

/// The pool's own chain; the others are not needed any more.
void take_chain(Exchange& exchange) {
    for (Chain& chain : exchange.chains) {
        if (suits(chain, *exchange.pool)) exchange.facts.blocks.swap(chain.blocks);
    }
    exchange.chains.swap(exchange.worker.spare.chains);  // for the next request
    exchange.record.prompt_blocks = static_cast<std::uint32_t>(exchange.facts.blocks.size());
}

}  // namespace

std::optional<Error> choose_pool(Exchange& exchange) {
    const std::string_view model = exchange.facts.model;
    // Without a model, one that asks for models is taken for one that fits.
    if (!exchange.route->models.empty()) {
        if (!exchange.find_route(&model)) {
            return Error{ErrorCode::model_not_found, "no route serves the model \"" +
                                                         exchange.record.model + "\" on this path"};
        }
        if (exchange.body.size() > exchange.route->max_body) {
            return Error{
                ErrorCode::body_too_large,
                "the body is longer than " + std::to_string(exchange.route->max_body) + " bytes"};
        }
    }
    if (!model.empty()) {
        if (auto refusal = choose_by_model(exchange)) return refusal;
    } else if (exchange.route->pools.size() == 1) {
        exchange.pool = &exchange.generation->pools[exchange.route->pools.front()];
    } else {
        return no_model(exchange);
    }
    take_chain(exchange);
    exchange.record.pool = exchange.pool->name;
    exchange.record.policy = exchange.pool->policy->name();
    find_session(exchange);
    return place(exchange);
}

}  // namespace penstock::proxy
