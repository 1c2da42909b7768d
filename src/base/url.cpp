#include "penstock/base/url.h"

#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace penstock {

namespace {

constexpr std::uint16_t k_http_port = 80;

Error invalid(std::string_view text, std::string_view why) {
    return Error{ErrorCode::invalid_value, "\"" + std::string{text} + "\" " + std::string{why}};
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
    if (parsed->scheme() == "https")
        return invalid(text, "uses https, which backends cannot be reached with yet");
    if (parsed->scheme() != "http") return invalid(text, "does not begin with http:// or unix:");
    if (parsed->has_userinfo()) return invalid(text, "carries a user name: use api_key_file");
    if (parsed->has_query() || parsed->has_fragment())
        return invalid(text, "has a query or fragment");
    const auto host = parsed->encoded_host_address();
    if (host.empty()) return invalid(text, "has no host");
    url.host = std::string_view{host.data(), host.size()};
    url.port = k_http_port;
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

}  // namespace penstock
