#include "penstock/http/head.h"

#include <utility>

namespace penstock::http {

std::string_view name(Method method) noexcept {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::head:
            return "HEAD";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::patch:
            return "PATCH";
        case Method::del:
            return "DELETE";
        case Method::options:
            return "OPTIONS";
    }
    return "GET";
}

void RequestHead::clear() noexcept {
    method = Method::get;
    version = Version::http_1_1;
    target.clear();
    authority.clear();
    fields.clear();
    framing = Framing::none;
    length = 0;
    expects_continue = false;
    keep_alive = true;
}

void ResponseHead::clear() noexcept {
    status = 200;
    reason.clear();
    version = Version::http_1_1;
    fields.clear();
    framing = Framing::none;
    length = 0;
    has_length = false;
    keep_alive = true;
}

// By member, each a call: three moves of all of them would be many lines of code in each place.
void ResponseHead::swap(ResponseHead& other) noexcept {
    // One that is missing here does not compile.
    auto& [code, phrase, spoken, list, how, size, told, keeps] = other;
    std::swap(status, code);
    reason.swap(phrase);
    std::swap(version, spoken);
    fields.swap(list);
    std::swap(framing, how);
    std::swap(length, size);
    std::swap(has_length, told);
    std::swap(keep_alive, keeps);
}

std::string_view reason_phrase(int status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "";
    }
}

}  // namespace penstock::http
