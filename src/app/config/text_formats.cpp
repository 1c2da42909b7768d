#include "text_formats.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

#include "penstock/base/url.h"
#include "penstock/fleet/labels.h"
#include "penstock/http/fields.h"
#include "penstock/proxy/session_source.h"
#include "penstock/proxy/trusted_proxies.h"

namespace penstock::app {

namespace {

constexpr std::size_t k_unix_path_bytes = 107;  // sockaddr_un::sun_path less its NUL
constexpr std::size_t k_name_bytes = 64;
constexpr std::size_t k_host_bytes = 253;  // RFC 1035

Error invalid(std::string_view text, std::string_view why) {
    return Error{ErrorCode::invalid_value, "\"" + hide_userinfo(text) + "\" " + std::string{why}};
}

constexpr bool letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool consists_of(std::string_view text, std::string_view others) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return letter_or_digit(c) || others.find(c) != std::string_view::npos;
    });
}

bool printable(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
    });
}

bool is_ip(int family, const std::string& text) noexcept {
    in6_addr storage{};
    return ::inet_pton(family, text.c_str(), &storage) == 1;
}

/// A host name or a v4 literal; digits and dots alone must be a literal.
bool is_host(std::string_view text) {
    if (text.size() > k_host_bytes || !consists_of(text, "-._")) return false;
    if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
        return is_ip(AF_INET, std::string{text});
    }
    return !text.starts_with('.') && text.find("..") == std::string_view::npos;
}

bool is_bracketed_v6(std::string_view text) {
    return text.size() > 2 && text.starts_with('[') && text.ends_with(']') &&
           is_ip(AF_INET6, std::string{text.substr(1, text.size() - 2)});
}

bool is_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    return read.ec == std::errc{} && read.ptr == end;
}

Result<void> check_unix_path(std::string_view text, std::string_view path) {
    if (!path.starts_with('/')) return invalid(text, "is not unix:/absolute/path");
    if (path.size() > k_unix_path_bytes) {
        return invalid(text, "is longer than the 107 bytes that a unix socket's path can have");
    }
    return {};
}

Result<void> check_address(std::string_view text) {
    if (text.starts_with("unix:")) return check_unix_path(text, text.substr(5));
    if (text.find("://") != std::string_view::npos) {
        return invalid(text, "is a URL: write only host:port");
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.ends_with(']')) {
        return invalid(text, "has no port: write host:port, [v6]:port or unix:/path");
    }
    const std::string_view host = text.substr(0, colon);
    if (host.empty()) return invalid(text, "has no host: write 0.0.0.0 or [::] for all addresses");
    if (!is_port(text.substr(colon + 1))) {
        return invalid(text, "has no port between 0 and 65535");
    }
    if (host.find(':') != std::string_view::npos) {
        if (is_bracketed_v6(host)) return {};
        return invalid(text, "has a host that is no IPv6 address in brackets, as in [::1]:8080");
    }
    if (!is_host(host)) return invalid(text, "has a host that is no name and no address");
    return {};
}

Result<void> check_backend_url(std::string_view text) {
    const Result<Url> url = parse_url(text);
    if (!url.has_value()) return url.error();
    if (!url->unix_path.empty()) return check_unix_path(text, url->unix_path);
    const bool v6 = url->host.find(':') != std::string::npos;
    if (v6 ? !is_ip(AF_INET6, url->host) : !is_host(url->host)) {
        return invalid(text, "has a host that is no name and no address");
    }
    return {};
}

Result<void> check_discover_url(std::string_view text) {
    if (text.starts_with("unix:")) {
        return invalid(text, "is a unix socket, which no name leads to: put it into backends");
    }
    return check_backend_url(text);
}

Result<void> check_name(std::string_view text) {
    if (text.size() <= k_name_bytes && consists_of(text, "._-")) return {};
    return invalid(text, "is no name: write 1 to 64 of letters, digits, '.', '_' and '-'");
}

Result<void> check_network(std::string_view text) {
    const auto parsed = proxy::TrustedProxies::parse({std::string{text}});
    if (!parsed.has_value()) return parsed.error();
    return {};
}

Result<void> check_printable(std::string_view text) {
    if (text.empty()) return invalid(text, "is empty");
    if (!printable(text)) return invalid(text, "holds a control character");
    return {};
}

Result<void> check_host(std::string_view text) {
    if (consists_of(text, "-._*") || is_bracketed_v6(text)) return {};
    if (text.find(':') != std::string_view::npos) {
        return invalid(text, "has a port or scheme: write the host only, as in \"*.example.com\"");
    }
    return invalid(text, "is no host: write a name, as in \"*.example.com\"");
}

Result<void> check_server_name(std::string_view text) {
    if (is_host(text) || is_ip(AF_INET6, std::string{text})) return {};
    return invalid(text, "is no name and no address: write it without scheme, port and brackets");
}

Result<void> check_certificate_name(std::string_view text) {
    if (!text.empty() && printable(text)) return {};
    return invalid(text, "is no name of a certificate: write one, as in \"*.robots.example\"");
}

Result<void> check_path(std::string_view text) {
    if (!text.starts_with('/')) return invalid(text, "does not begin with \"/\"");
    if (text.find_first_of("?#") != std::string_view::npos) {
        return invalid(text, "has a query or fragment: write the path only");
    }
    if (!printable(text) || text.find(' ') != std::string_view::npos) {
        return invalid(text, "holds a space or control character");
    }
    return {};
}

Result<void> check_path_pattern(std::string_view text) {
    if (Result<void> path = check_path(text); !path.has_value()) return path;
    std::string_view rest = text;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment != "**" && segment.find("**") != std::string_view::npos) {
            return invalid(text,
                           "has \"**\" beside other characters: it stands for whole segments");
        }
        rest.remove_prefix(segment.size());
    }
    return {};
}

Result<void> check_method(std::string_view text) {
    if (text == "*") return {};
    const bool upper = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (upper) return {};
    return invalid(text, "is no method: write it in capitals, as in \"POST\", or \"*\" for all");
}

Result<void> check_upgrade(std::string_view text) {
    const bool token = http::valid_name(text);
    if (token && !http::equal_no_case(text, "h2c")) return {};
    return invalid(text, token ? "cannot be tunnelled: HTTP/2 in clear text needs no upgrade here"
                               : "is no protocol's name: write it as in \"websocket\"");
}

Result<void> check_origin(std::string_view text) {
    if (text == "*") return {};
    const bool web = text.starts_with("https://") || text.starts_with("http://");
    std::string_view rest = web ? text.substr(text.find("://") + 3) : std::string_view{};
    const std::size_t bracket = rest.rfind(']');
    const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const bool port = colon == std::string_view::npos || is_port(rest.substr(colon + 1));
    const std::string_view host = rest.substr(0, colon);
    if (web && port && (is_host(host) || is_bracketed_v6(host))) return {};
    return invalid(text, "is no origin: write https://host, with :port if need be, and no path");
}

Result<void> check_metric(std::string_view text) {
    const bool digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
    if (!digit && consists_of(text, "_:")) return {};
    return invalid(text, "is no metric name: write letters, digits, '_' and ':' without labels");
}

Result<void> check_label_condition(std::string_view text) {
    const auto patterns = fleet::parse_label_patterns(text);
    if (!patterns.has_value()) return patterns.error();
    return {};
}

Result<void> check_session_source(std::string_view text) {
    const auto source = proxy::parse_session_source(text);
    if (!source.has_value()) return source.error();
    return {};
}

std::string_view host_part(std::string_view address) noexcept {
    return address.substr(0, address.rfind(':'));
}

}  // namespace

const TextFormat k_name{"a name", "chat", check_name};
const TextFormat k_address{"an address", "127.0.0.1:8080", check_address};
const TextFormat k_backend_url{"a URL", "http://10.0.0.11:8000", check_backend_url};
const TextFormat k_discover_url{"a URL", "http://engines.example:8000", check_discover_url};
const TextFormat k_network{"networks", "10.0.0.0/8", check_network};
const TextFormat k_model{"names with *", "llama-*", check_printable};
const TextFormat k_host{"hosts with *", "*.example.com", check_host};
const TextFormat k_server_name{"a name", "engines.example", check_server_name};
const TextFormat k_certificate_name{"names with *", "spiffe://cluster/ns/*",
                                    check_certificate_name};
const TextFormat k_path_pattern{"paths with * and **", "/v1/**", check_path_pattern};
const TextFormat k_path{"a path", "/metrics", check_path};
const TextFormat k_method{"methods", "POST", check_method};
const TextFormat k_upgrade{"protocols", "websocket", check_upgrade};
const TextFormat k_header_value{"header to value with *", "{ x-tenant = \"team-*\" }",
                                check_printable};
const TextFormat k_origin{"origins", "https://app.example", check_origin};
const TextFormat k_file{"a file", "/etc/penstock/keys", check_printable};
const TextFormat k_metric{"a metric's name", "my_engine:running", check_metric};
const TextFormat k_label{"label to value", "{ zone = \"a\" }", check_printable};
const TextFormat k_label_condition{"label to values with *", "{ region = \"eu-*|ch\" }",
                                   check_label_condition};
const TextFormat k_session_source{"sources of sessions", "cookie:sid", check_session_source};

bool is_local(std::string_view address) {
    if (address.starts_with("unix:")) return true;
    const std::string_view host = host_part(address);
    if (host == "localhost" || host == "[::1]") return true;
    return host.starts_with("127.") && is_ip(AF_INET, std::string{host});
}

bool is_token(std::string_view text) noexcept {
    return consists_of(text, "!#$%&'*+-.^_`|~");
}

}  // namespace penstock::app
