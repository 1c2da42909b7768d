#include "penstock/http/request_rules.h"

#include <array>
#include <cstdint>
#include <string>

#include "penstock/http/grammar.h"

namespace penstock::http {

namespace {

constexpr std::size_t k_method_max = 32;
constexpr std::uint64_t k_port_max = 65'535;

Error bad(const char* what) {
    return Error{ErrorCode::bad_request, what};
}

}  // namespace

Result<Method> parse_method(std::string_view text) {
    constexpr std::array k_methods{Method::get,   Method::head, Method::post,   Method::put,
                                   Method::patch, Method::del,  Method::options};
    for (const Method method : k_methods) {
        if (text == name(method)) return method;
    }
    if (text.empty() || text.size() > k_method_max || !all_of_class(text, k_token_char)) {
        return bad("the request's method is not a token");
    }
    return Error{ErrorCode::unsupported_method,
                 "the method " + std::string{text} + " is not supported"};
}

bool valid_authority(std::string_view text) noexcept {
    if (text.empty() || !all_of_class(text, k_host_char)) return false;
    std::string_view port;
    if (text.front() == '[') {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        const std::string_view inside = text.substr(1, close - 1);
        if (inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
            return false;
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return false;
        port = rest.empty() ? rest : rest.substr(1);
    } else {
        if (text.find('[') != std::string_view::npos || text.find(']') != std::string_view::npos)
            return false;
        const std::size_t colon = text.find(':');
        if (colon == 0) return false;
        port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    }
    return port.empty() ||
           (port.size() <= 5 && parse_length(port).value_or(k_port_max + 1) <= k_port_max);
}

bool hides_control(std::string_view path) noexcept {
    for (std::size_t at = path.find('%'); at != std::string_view::npos;
         at = path.find('%', at + 1)) {
        const std::string_view digits = path.substr(at + 1, 2);
        if (digits == "00" || equal_no_case(digits, "0a") || equal_no_case(digits, "0d"))
            return true;
    }
    return false;
}

}  // namespace penstock::http
