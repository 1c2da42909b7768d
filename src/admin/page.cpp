#include "page.h"

#include <utility>

#include "penstock/http/reply.h"

namespace penstock::admin {

Page page_of(const Error& error) {
    return {.status = http::status_of(error.code()),
            .body = http::error_json(error, http::ApiShape::openai)};
}

Page only(std::string_view methods, std::string sentence) {
    Page page = page_of({ErrorCode::unsupported_method, std::move(sentence)});
    page.status = 405;
    page.allow = methods;
    return page;
}

}  // namespace penstock::admin
