#include "session.h"

#include <algorithm>

#include "exchange.h"
#include "penstock/base/hash.h"

namespace penstock::proxy {

namespace {

constexpr std::string_view k_conversation = "conversation";

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The value of the first cookie of this name (RFC 6265 5.4); HTTP/2 may split the field.
std::string_view cookie_of(const http::Fields& fields, std::string_view name) noexcept {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!http::equal_no_case(fields[i].name, "cookie")) continue;
        std::string_view rest = fields[i].value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = trimmed(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::size_t equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
                return pair.substr(equals + 1);
            }
        }
    }
    return {};
}

/// Of ".../responses/ID" and what stands below it.
std::string_view response_in(std::string_view path) noexcept {
    constexpr std::string_view k_responses = "/responses/";
    const std::size_t at = path.find(k_responses);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = path.substr(at + k_responses.size());
    return rest.substr(0, rest.find('/'));
}

/// 0 for nothing.
std::uint64_t hash_of(std::string_view name) noexcept {
    return name.empty() ? 0 : std::max<std::uint64_t>(hash64(name), 1);
}

std::uint64_t named_in_body(const Exchange& exchange, engine::SessionKey key) noexcept {
    const auto named = [&](engine::SessionKey each) { return exchange.facts.sessions[each]; };
    if (named(key) != 0 || key != engine::SessionKey::conversation) return named(key);
    const std::uint64_t previous = named(engine::SessionKey::previous_response_id);
    return previous != 0 ? previous : hash_of(response_in(exchange.client.head().path()));
}

std::uint64_t named_by(const Exchange& exchange, const SessionSource& source) noexcept {
    const http::Fields& fields = exchange.client.head().fields;
    switch (source.kind) {
        case SessionSource::Kind::header:
            return hash_of(fields.find(source.name).value_or(std::string_view{}));
        case SessionSource::Kind::cookie:
            return hash_of(cookie_of(fields, source.name));
        case SessionSource::Kind::body:
            break;
    }
    return named_in_body(exchange, source.key);
}

/// A user and a cookie of one name are two sessions.
std::uint64_t name_of(std::uint64_t value, std::string_view source) noexcept {
    return std::max<std::uint64_t>(value ^ hash64(source), 1);
}

/// And so is one name in two pools, whose backends have slots of their own.
std::uint64_t key_of(const Exchange& exchange, std::uint64_t name) noexcept {
    return name ^ hash64(exchange.pool->name);
}

/// Where a claim is kept: an entry like any other, which ends by age as they do.
std::uint64_t claim_key(const Session& session) noexcept {
    constexpr std::uint64_t k_claim = 0x9E3779B97F4A7C15ULL;  // any number; keys are hashes
    return session.key ^ k_claim;
}

}  // namespace

void find_session(Exchange& exchange) {
    const Worker& worker = exchange.worker;
    const Pool& pool = *exchange.pool;
    const routing::Sessions* sessions = worker.shared.sessions;
    if (sessions == nullptr) return;
    const auto find = [&](std::uint64_t key) {
        return sessions->find(key, worker.loop.now(), pool.balance.session_ttl);
    };
    for (const SessionSource& source : pool.sessions) {
        const std::uint64_t value = named_by(exchange, source);
        if (value == 0) continue;
        Session& session = exchange.session;
        session.name = name_of(value, source.text);
        session.key = key_of(exchange, session.name);
        session.source = source.text;
        session.home = find(session.key);
        if (!session.home) session.home = find(claim_key(session));
        return;
    }
}

void claim_session(const Exchange& exchange, fleet::Slot slot) noexcept {
    if (exchange.session.name == 0) return;
    const Worker& worker = exchange.worker;
    worker.shared.sessions->remember(claim_key(exchange.session), slot, worker.loop.now());
}

void unclaim_session(const Exchange& exchange, fleet::Slot slot) noexcept {
    if (exchange.session.name == 0) return;
    exchange.worker.shared.sessions->forget(claim_key(exchange.session), slot);
}

void remember_session(const Exchange& exchange, fleet::Slot slot) noexcept {
    if (exchange.session.name == 0) return;
    const Worker& worker = exchange.worker;
    worker.shared.sessions->remember(exchange.session.key, slot, worker.loop.now());
}

void forget_session(const Exchange& exchange, fleet::Slot slot) noexcept {
    if (exchange.session.name == 0) return;
    exchange.worker.shared.sessions->forget(exchange.session.key, slot);
    unclaim_session(exchange, slot);
}

bool learns_answer_id(const Exchange& exchange) noexcept {
    const auto& sources = exchange.pool->sessions;
    return exchange.endpoint == engine::Endpoint::responses && exchange.record.status == 200 &&
           exchange.worker.shared.sessions != nullptr &&
           std::any_of(sources.begin(), sources.end(),
                       [](const SessionSource& source) { return source.text == k_conversation; });
}

void learn_answer_id(const Exchange& exchange, std::string_view head, fleet::Slot slot) noexcept {
    const std::uint64_t id = hash_of(engine::answer_id(head));
    if (id == 0) return;
    const Worker& worker = exchange.worker;
    const std::uint64_t key = key_of(exchange, name_of(id, k_conversation));
    worker.shared.sessions->remember(key, slot, worker.loop.now());
}

std::string_view session_outcome(const Exchange& exchange, fleet::Slot slot) noexcept {
    const Session& session = exchange.session;
    if (session.name == 0) return {};
    if (!session.home) return "new";
    return *session.home == slot ? "kept" : "moved";
}

}  // namespace penstock::proxy
