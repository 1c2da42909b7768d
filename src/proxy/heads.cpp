#include "heads.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "request_id.h"

namespace penstock::proxy {

namespace {

using http::FieldName;

/// The protocol a message came by, and our name (RFC 9110 7.6.3).
std::string_view via(http::Version received) noexcept {
    switch (received) {
        case http::Version::http_1_0:
            return "1.0 penstock";
        case http::Version::http_2:
            return "2 penstock";
        default:
            return "1.1 penstock";
    }
}

/// Fields of one connection (RFC 9110 7.6.1), and those whose meaning ends here.
constexpr bool is_hop_by_hop(FieldName id) noexcept {
    switch (id) {
        case FieldName::connection:
        case FieldName::keep_alive:
        case FieldName::proxy_connection:
        case FieldName::te:
        case FieldName::trailer:
        case FieldName::transfer_encoding:
        case FieldName::upgrade:
        case FieldName::proxy_authenticate:
        case FieldName::proxy_authorization:
        case FieldName::content_length:
            return true;
        default:
            return false;
    }
}

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
    return name.size() >= prefix.size() &&
           http::equal_no_case(name.substr(0, prefix.size()), prefix);
}

/// End-to-end whatever a Connection field says: a client must not take from an engine, by naming
/// them, the fields that other proxies or we rely on.
bool is_end_to_end(const http::Field& field) noexcept {
    return field.id != FieldName::other || begins_with(field.name, "content-") ||
           begins_with(field.name, "x-forwarded-") || http::equal_no_case(field.name, "cookie") ||
           http::equal_no_case(field.name, "set-cookie") ||
           http::equal_no_case(field.name, "cache-control");
}

/// Named in the message's own Connection field: hop-by-hop by the sender's word.
bool named_in_connection(const http::Fields& fields, const http::Field& field) {
    if (!fields.has(FieldName::connection) || is_end_to_end(field)) return false;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].id == FieldName::connection && http::list_has(fields[i].value, field.name))
            return true;
    }
    return false;
}

constexpr bool is_rewritten(FieldName id) noexcept {
    return id == FieldName::x_request_id || id == FieldName::x_penstock_explain ||
           id == FieldName::x_penstock_prefer || id == FieldName::x_penstock_require ||
           id == FieldName::expect || id == FieldName::x_forwarded_for ||
           id == FieldName::x_forwarded_proto || id == FieldName::x_forwarded_host ||
           id == FieldName::x_real_ip || id == FieldName::forwarded || id == FieldName::host;
}

std::string_view own_scheme(const Exchange& exchange) noexcept {
    return exchange.client.encryption() != nullptr ? "https" : "http";
}

void append_forwarded(const Exchange& exchange, http::Fields& to) {
    const http::RequestHead& head = exchange.client.head();
    const std::string_view peer = exchange.client.peer();
    const bool trusted = exchange.generation->trusted.trusts(peer);
    std::string& chain = exchange.worker.spare.text;
    chain.clear();
    if (trusted) {
        for (std::size_t i = 0; i < head.fields.size(); ++i) {
            const http::Field field = head.fields[i];
            if (field.id == FieldName::x_forwarded_for) chain.append(field.value).append(", ");
            if (field.id == FieldName::forwarded || field.id == FieldName::x_real_ip) {
                to.append(field.id, field.name, field.value);
            }
        }
    }
    if (peer == "unix") {  // no address; and the last is the nearest that has one
        chain.resize(chain.size() - std::min<std::size_t>(chain.size(), 2));
    } else {
        chain += host_of(peer);
    }
    if (!chain.empty()) to.append(FieldName::x_forwarded_for, chain);
    const auto proto = head.fields.find(FieldName::x_forwarded_proto);
    to.append(FieldName::x_forwarded_proto, trusted && proto ? *proto : own_scheme(exchange));
    const auto host = head.fields.find(FieldName::x_forwarded_host);
    const std::string_view told = trusted && host ? *host : std::string_view{head.authority};
    if (!told.empty()) to.append(FieldName::x_forwarded_host, told);
}

/// Ours to say, and true: trailers are passed on. gRPC servers insist on it; in HTTP/1.1 it would
/// have to stand in Connection, too, and engines do without.
void append_te(const http::Fields& from, http::Version spoken, http::Fields& to) {
    if (spoken != http::Version::http_2) return;
    const auto te = from.find(FieldName::te);
    if (te && http::list_has(*te, "trailers")) to.append(FieldName::te, "trailers");
}

bool passes_upstream(const Exchange& exchange, const http::Fields& fields,
                     const http::Field& field) {
    if (is_hop_by_hop(field.id) || is_rewritten(field.id)) return false;
    // A compressed answer could not be observed.
    if (field.id == FieldName::accept_encoding) return exchange.route->usage == UsageMode::off;
    // A key of ours says nothing to an engine, and is none of its business.
    if (field.id == FieldName::authorization || field.id == FieldName::x_api_key) {
        return exchange.pool->authorization.empty() && exchange.generation->keys.off();
    }
    if (field.id == FieldName::other) {
        if (http::equal_no_case(field.name, "http2-settings")) return false;  // of an h2c upgrade
        // The ones we know are written anew; others of the family (Port, Prefix) need trust too.
        if (begins_with(field.name, "x-forwarded-")) {
            return exchange.generation->trusted.trusts(exchange.client.peer());
        }
    }
    return !named_in_connection(fields, field);
}

/// Which of its data-parallel engines a server is to take: vLLM since late 2025, SGLang since March
/// 2026.
constexpr std::string_view k_rank_field = "X-Data-Parallel-Rank";

void append_rank(const fleet::Rank& rank, http::Fields& to) {
    std::array<char, 10> digits{};  // of the largest number
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), rank.number).ptr;
    to.append(FieldName::other, k_rank_field, std::string_view{digits.data(), end});
}

}  // namespace

http::RequestHead& upstream_head(const Exchange& exchange, const fleet::Backend& backend,
                                 http::Version spoken, unsigned attempt) {
    const http::RequestHead& head = exchange.client.head();
    http::RequestHead& out = exchange.worker.spare.upstream_head;
    out.clear();
    out.method = head.method;
    out.target.append(backend.address.base_path).append(head.target);
    backend.address.append_authority(out.authority);
    const bool none = exchange.body.empty() && head.framing == http::Framing::none;
    out.framing = none ? http::Framing::none : http::Framing::length;
    out.length = exchange.body.size();
    out.fields.reserve(head.fields.size() + 8, head.fields.bytes() + 256);
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
        const http::Field field = head.fields[i];
        if (backend.rank && http::equal_no_case(field.name, k_rank_field)) continue;  // ours to say
        if (passes_upstream(exchange, head.fields, field))
            out.fields.append(field.id, field.name, field.value);
    }
    if (!exchange.pool->authorization.empty()) {
        out.fields.append(FieldName::authorization, exchange.pool->authorization);
    }
    append_te(head.fields, spoken, out.fields);
    append_forwarded(exchange, out.fields);
    if (backend.rank) append_rank(*backend.rank, out.fields);
    out.fields.append(FieldName::via, via(head.version));
    std::string& id = exchange.worker.spare.text;
    set_upstream_request_id(id, exchange.record.request_id, attempt, exchange.worker.rng);
    out.fields.append(FieldName::x_request_id, id);
    return out;
}

http::ResponseHead& downstream_head(const Exchange& exchange, const http::ResponseHead& from,
                                    const std::string& explanation) {
    http::ResponseHead& out = exchange.worker.spare.downstream_head;
    out.clear();
    out.status = from.status;
    out.reason = from.reason;
    out.framing = from.framing;
    out.length = from.length;
    out.has_length = from.has_length;
    out.fields.reserve(from.fields.size() + 4, from.fields.bytes() + 128);
    // Ours alone to say: an engine's "*" would let in whom the configuration keeps out.
    const bool own_cors = !exchange.generation->cors_origins.empty();
    for (std::size_t i = 0; i < from.fields.size(); ++i) {
        const http::Field field = from.fields[i];
        const bool agreed = from.status == 101 && field.id == FieldName::upgrade;
        if ((is_hop_by_hop(field.id) && !agreed) || field.id == FieldName::x_request_id) continue;
        if (named_in_connection(from.fields, field)) continue;
        if (own_cors && begins_with(field.name, "access-control-")) continue;
        out.fields.append(field.id, field.name, field.value);
    }
    out.fields.append(FieldName::via, via(from.version));
    exchange.append_own_fields(out.fields);
    if (!explanation.empty()) out.fields.append(FieldName::x_penstock_explain, explanation);
    return out;
}

}  // namespace penstock::proxy
