#include "explanation_json.h"

#include <algorithm>

#include "json_members.h"
#include "penstock/http/reply.h"

namespace penstock::proxy {

namespace {

void append_prompt(std::string& out, const Exchange& exchange, const routing::Input& input) {
    append_key(out, "prompt");
    const std::size_t begin = out.size();
    append_count(out, "bytes", exchange.facts.prompt_bytes);
    append_count(out, "tokens", input.prompt_tokens);
    append_count(out, "blocks", exchange.facts.blocks.size());
    close_object(out, begin);
}

void append_labels(std::string& out, const Exchange& exchange) {
    const fleet::LabelWish wish = wish_of(exchange);
    append_key(out, "labels");
    const std::size_t begin = out.size();
    append_text(out, "required", fleet::text_of(wish.required));
    append_text(out, "preferred", fleet::text_of(wish.preferred));
    close_object(out, begin);
}

/// Null: it has none.
void append_session(std::string& out, const Exchange& exchange) {
    append_key(out, "session");
    const Session& session = exchange.session;
    if (session.name == 0) {
        out += "null";
        return;
    }
    const auto& backends = exchange.pool->backends;
    const auto home =
        std::find_if(backends.begin(), backends.end(),
                     [&](const fleet::Backend& each) { return each.slot == session.home; });
    const std::size_t begin = out.size();
    append_text(out, "source", session.source);
    append_text(out, "home", home == backends.end() ? std::string_view{} : home->url);
    close_object(out, begin);
}

void append_refusal(std::string& out, const std::optional<Error>& refusal) {
    append_key(out, "refused");
    if (!refusal) {
        out += "null";
        return;
    }
    const std::size_t begin = out.size();
    append_count(out, "status", static_cast<std::uint64_t>(http::status_of(refusal->code())));
    append_text(out, "code", name(refusal->code()));
    append_text(out, "message", http::message_for_client(*refusal));
    close_object(out, begin);
}

void append_pick(std::string& out, const Exchange& exchange, const routing::Decision& decision) {
    const bool found = decision.found();
    const auto& backends = exchange.pool->backends;
    append_text(out, "backend", found ? std::string_view{backends[decision.row].url} : "");
    append_text(out, "reason", found ? routing::name(decision.reason) : "");
}

}  // namespace

std::string explanation_json(const Exchange& exchange, const Explanation& explanation) {
    const Pool* pool = exchange.pool;
    std::string out;
    append_count(out, "generation", exchange.generation->number);
    append_text(out, "route", exchange.record.route);
    append_text(out, "pool", exchange.record.pool);
    append_text(out, "policy", exchange.record.policy);
    append_text(out, "model", exchange.record.model);
    append_text(out, "adapter", exchange.facts.adapter);
    append_flag(out, "json", exchange.facts.json);
    append_prompt(out, exchange, explanation.input);
    append_count(out, "output_tokens", explanation.input.output_tokens);
    append_labels(out, exchange);
    append_session(out, exchange);
    if (pool != nullptr) {
        append_pick(out, exchange, explanation.decision);
    } else {
        append_text(out, "backend", "");
        append_text(out, "reason", "");
    }
    append_refusal(out, explanation.refusal);
    append_key(out, "candidates");
    out += pool != nullptr ? candidates_json(exchange.candidates, *pool->policy) : "[]";
    close_object(out, 0);
    return out;
}

}  // namespace penstock::proxy
