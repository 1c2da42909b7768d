#include "request_text.h"

#include <algorithm>
#include <string_view>

namespace penstock::control {

namespace {

bool is_visible(char c) {
    return c > 0x20 && c < 0x7f;
}

bool is_target(std::string_view text) {
    return !text.empty() && text.front() == '/' &&
           std::all_of(text.begin(), text.end(), is_visible);
}

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
    constexpr std::string_view separators = "\"(),/:;<=>?@[\\]{}";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&separators](char c) {
        return is_visible(c) && separators.find(c) == std::string_view::npos;
    });
}

bool is_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Result<std::string> request_text(const Endpoint& endpoint, const Ask& ask) {
    if (!is_target(ask.target)) return Error{ErrorCode::invalid_value, "unfit request target"};
    if (!is_value(endpoint.authority)) return Error{ErrorCode::invalid_value, "unfit authority"};
    std::string out = ask.method == Method::get ? "GET " : "POST ";
    out.append(ask.target).append(" HTTP/1.1\r\n");
    add_field(out, "Host", endpoint.authority);
    add_field(out, "User-Agent", "penstock");
    for (const auto& [name, value] : ask.fields) {
        if (!is_token(name) || !is_value(value)) {
            return Error{ErrorCode::invalid_value, "unfit request field " + name};
        }
        add_field(out, name, value);
    }
    if (ask.method == Method::post)
        add_field(out, "Content-Length", std::to_string(ask.body.size()));
    out.append("\r\n");
    if (ask.method == Method::post) out.append(ask.body);
    return out;
}

}  // namespace penstock::control
