#include <array>

#include "penstock/http/fields.h"

namespace penstock::http {

namespace {

struct Known {
    FieldName id;
    std::string_view spelling;
};

// In the order of the enumeration.
constexpr std::array<Known, k_field_names> k_known{{
    {FieldName::other, ""},
    {FieldName::accept_encoding, "Accept-Encoding"},
    {FieldName::access_control_request_headers, "Access-Control-Request-Headers"},
    {FieldName::access_control_request_method, "Access-Control-Request-Method"},
    {FieldName::authorization, "Authorization"},
    {FieldName::connection, "Connection"},
    {FieldName::content_encoding, "Content-Encoding"},
    {FieldName::content_length, "Content-Length"},
    {FieldName::content_type, "Content-Type"},
    {FieldName::date, "Date"},
    {FieldName::expect, "Expect"},
    {FieldName::forwarded, "Forwarded"},
    {FieldName::host, "Host"},
    {FieldName::keep_alive, "Keep-Alive"},
    {FieldName::origin, "Origin"},
    {FieldName::proxy_authenticate, "Proxy-Authenticate"},
    {FieldName::proxy_authorization, "Proxy-Authorization"},
    {FieldName::proxy_connection, "Proxy-Connection"},
    {FieldName::retry_after, "Retry-After"},
    {FieldName::server, "Server"},
    {FieldName::te, "TE"},
    {FieldName::trailer, "Trailer"},
    {FieldName::transfer_encoding, "Transfer-Encoding"},
    {FieldName::upgrade, "Upgrade"},
    {FieldName::via, "Via"},
    {FieldName::x_api_key, "X-Api-Key"},
    {FieldName::x_forwarded_for, "X-Forwarded-For"},
    {FieldName::x_forwarded_host, "X-Forwarded-Host"},
    {FieldName::x_forwarded_proto, "X-Forwarded-Proto"},
    {FieldName::x_penstock_explain, "X-Penstock-Explain"},
    {FieldName::x_penstock_prefer, "X-Penstock-Prefer"},
    {FieldName::x_penstock_require, "X-Penstock-Require"},
    {FieldName::x_real_ip, "X-Real-IP"},
    {FieldName::x_request_id, "X-Request-Id"},
}};

constexpr std::size_t k_longest = 30;
constexpr std::size_t k_per_length = 4;

/// Known names by their length: at most four share one.
using ByLength = std::array<std::array<std::uint8_t, k_per_length>, k_longest + 1>;

constexpr ByLength by_length() {
    ByLength table{};
    for (std::size_t i = 1; i < k_known.size(); ++i) {
        auto& row = table[k_known[i].spelling.size()];
        std::size_t at = 0;
        while (row[at] != 0) ++at;
        row[at] = static_cast<std::uint8_t>(i);
    }
    return table;
}

constexpr ByLength k_by_length = by_length();

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool equal_no_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

FieldName field_name(std::string_view name) noexcept {
    if (name.size() > k_longest) return FieldName::other;
    for (const std::uint8_t index : k_by_length[name.size()]) {
        if (index == 0) break;
        if (equal_no_case(name, k_known[index].spelling)) return k_known[index].id;
    }
    return FieldName::other;
}

std::string_view spelling(FieldName name) noexcept {
    return k_known[static_cast<std::size_t>(name)].spelling;
}

}  // namespace penstock::http
