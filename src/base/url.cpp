#include "penstock/base/url.h"

#include <algorithm>
#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace penstock {

namespace {

constexpr std::uint16_t k_http_port = 80;
constexpr std::uint16_t k_https_port = 443;
constexpr std::string_view k_authority = "://";

constexpr bool of_scheme(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

/// The quote that the URL around `at` stands in; a blank where it stands in none.
char quote_before(std::string_view line, std::size_t at) noexcept {
    while (at > 0 && of_scheme(line[at - 1])) --at;
    const char before = at > 0 ? line[at - 1] : ' ';
    return before == '"' || before == '\'' ? before : ' ';
}

/// Where the text that stands in `quote` ends.
std::size_t end_of(std::string_view line, std::size_t at, char quote) noexcept {
    if (quote == ' ') return std::min(line.find_first_of(" \t", at), line.size());
    for (; at < line.size() && line[at] != quote; ++at) {
        if (quote == '"' && line[at] == '\\') ++at;
    }
    return std::min(at, line.size());
}

constexpr bool begins_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

void append_hidden(std::string& out, std::string_view secret) {
    out.append(
        static_cast<std::size_t>(std::count_if(secret.begin(), secret.end(), begins_character)),
        '*');
}

Error invalid(std::string_view text, std::string_view why) {
    return Error{ErrorCode::invalid_value, "\"" + hide_userinfo(text) + "\" " + std::string{why}};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    Url url;
    if (text.starts_with("unix:")) {
        url.unix_path = text.substr(5);
        if (!url.unix_path.starts_with('/')) return invalid(text, "is not unix:/absolute/path");
        return url;
    }
    const auto parsed = boost::urls::parse_uri(boost::core::string_view{text.data(), text.size()});
    if (!parsed) return invalid(text, "is no URL: write http://host:port or unix:/path");
    url.https = parsed->scheme() == "https";
    if (!url.https && parsed->scheme() != "http")
        return invalid(text, "does not begin with http://, https:// or unix:");
    if (parsed->has_userinfo()) return invalid(text, "carries a user name: use api_key_file");
    if (parsed->has_query() || parsed->has_fragment())
        return invalid(text, "has a query or fragment");
    const auto host = parsed->encoded_host_address();
    if (host.empty()) return invalid(text, "has no host");
    url.host = std::string_view{host.data(), host.size()};
    url.port = url.https ? k_https_port : k_http_port;
    if (parsed->has_port()) {
        // Boost 1.81 wraps numbers above 65535 around.
        const auto port = parsed->port();
        const char* end = port.data() + port.size();
        const auto read = std::from_chars(port.data(), end, url.port);
        if (read.ec != std::errc{} || read.ptr != end || url.port == 0) {
            return invalid(text, "has no port between 1 and 65535");
        }
    }
    const auto path = parsed->encoded_path();
    url.base_path = std::string_view{path.data(), path.size()};
    while (url.base_path.ends_with('/')) url.base_path.pop_back();
    return url;
}

std::string hide_userinfo(std::string_view url) {
    const std::size_t scheme = url.find(k_authority);
    const std::size_t at = url.rfind('@');
    if (scheme == std::string_view::npos || at == std::string_view::npos) return std::string{url};
    const std::size_t begin = scheme + k_authority.size();
    if (at < begin) return std::string{url};
    std::string out{url.substr(0, begin)};
    append_hidden(out, url.substr(begin, at - begin));
    return out.append(url.substr(at));
}

std::string hide_userinfo_in(std::string_view line) {
    std::string out;
    for (;;) {
        const std::size_t scheme = line.find(k_authority);
        if (scheme == std::string_view::npos) return out.append(line);
        const std::size_t end = end_of(line, scheme, quote_before(line, scheme));
        out.append(hide_userinfo(line.substr(0, end)));
        line.remove_prefix(end);
    }
}

}  // namespace penstock
