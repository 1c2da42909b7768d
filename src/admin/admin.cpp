#include "penstock/admin/admin.h"

#include <array>
#include <utility>

#include "backends_json.h"
#include "explain.h"
#include "page.h"
#include "penstock/http/reply.h"
#include "status_page.h"

namespace penstock::admin {

namespace {

constexpr std::string_view k_text = "text/plain; charset=utf-8";
// https://prometheus.io/docs/instrumenting/exposition_formats/
constexpr std::string_view k_exposition = "text/plain; version=0.0.4; charset=utf-8";

Page readyz(Readiness readiness) {
    const int status = readiness == Readiness::ready ? 200 : 503;
    return {status, k_text, std::string{name(readiness)} + '\n'};
}

Page page_at(std::string_view path, const Sources& sources) {
    if (path == "/") {
        return {200, "text/html; charset=utf-8", std::string{k_status_page}};
    }
    if (path == "/livez") return {200, k_text, "ok\n"};
    if (path == "/readyz") return readyz(sources.readiness());
    if (path == "/metrics") return {200, k_exposition, sources.registry->expose()};
    if (path == "/config") return {200, k_json, sources.config_json()};
    if (path == "/backends") return {200, k_json, backends_json(sources.proxy())};
    return page_of({ErrorCode::not_found,
                    "Nothing is here; there are / /backends /config /explain /livez /metrics "
                    "/readyz."});
}

void send(http::ServerStream& stream, const Page& page) {
    http::ResponseHead head;
    head.status = page.status;
    head.reason = http::reason_phrase(page.status);
    head.fields.append(http::FieldName::content_type, page.content_type);
    head.fields.append("Cache-Control", "no-store");
    head.fields.append("X-Content-Type-Options", "nosniff");
    if (!page.allow.empty()) head.fields.append("Allow", page.allow);
    if (page.content_type.starts_with("text/html")) {
        // The page loads nothing but /backends, and no other page may frame it.
        head.fields.append("Content-Security-Policy",
                           "default-src 'none'; style-src 'unsafe-inline'; script-src "
                           "'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'");
    }
    http::reply(stream, std::move(head), page.body);
}

}  // namespace

std::string_view name(Readiness readiness) noexcept {
    constexpr std::array<std::string_view, 4> k_names{"ready", "no_healthy_backend",
                                                      "models_not_listed", "draining"};
    return k_names[static_cast<std::size_t>(readiness)];
}

AdminHandler::AdminHandler(Sources sources) : sources_{std::move(sources)} {}

Task<void> AdminHandler::handle(http::ServerStream& stream) {
    const http::RequestHead& head = stream.head();
    if (is_question(head.path())) {
        const std::optional<Page> page = co_await explain(stream, sources_);
        if (page) {
            send(stream, *page);
        } else {
            stream.break_off({});
        }
        co_return;
    }
    const bool reads = head.method == http::Method::get || head.method == http::Method::head;
    send(stream, reads ? page_at(head.path(), sources_)
                       : only("GET, HEAD", "The admin pages answer GET and HEAD only."));
}

}  // namespace penstock::admin
