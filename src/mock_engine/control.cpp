// /mock/…: what a test tells an engine and asks of it.
#include <charconv>

#include "faults.h"
#include "json_text.h"
#include "mock_engine_impl.h"
#include "penstock/http/reply.h"

namespace penstock::mock_engine {

namespace {

// The number in "since=123" of a query; 0 without one.
std::uint64_t since_of(std::string_view target) noexcept {
    constexpr std::string_view k_key = "since=";
    const std::size_t start = target.find(k_key);
    std::uint64_t since = 0;
    if (start == std::string_view::npos) return 0;
    const std::string_view digits = target.substr(start + k_key.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), since);
    return since;
}

}  // namespace

Task<void> MockEngine::Impl::control(http::ServerStream& stream) {
    const std::optional<std::string> body = co_await read_body(stream);
    if (!body) co_return;
    const std::string_view path = stream.head().path();
    const bool post = stream.head().method == http::Method::post;
    if (path == "/mock/echo") {
        echo(stream, *body);
    } else if (path == "/mock/faults" && post) {
        answer_faults(stream, *body);
    } else if (path == "/mock/faults") {
        answer_json(stream, 200, to_json(faults));
    } else if (path == "/mock/restart" && post) {
        restart();
        answer_json(stream, 200, "{}");
    } else if (path == "/mock/log") {
        answer_json(stream, 200, log.to_json(options.id, since_of(stream.head().target)));
    } else {
        answer_json(stream, 404, R"({"detail":"Not Found"})");
    }
}

// Answered before it holds: `refuse` closes the port.
void MockEngine::Impl::answer_faults(http::ServerStream& stream, std::string_view body) {
    const Result<Faults> wanted = read_faults(body);
    if (!wanted) {
        refuse(stream, {.status = 400, .message = std::string{wanted.error().detail()}}, Api::chat);
        return;
    }
    answer_json(stream, 200, to_json(*wanted));
    set_faults(*wanted);
}

void MockEngine::Impl::echo(http::ServerStream& stream, std::string_view body) {
    const http::RequestHead& asked = stream.head();
    http::ResponseHead head =
        head_of(200, asked.fields.find(http::FieldName::content_type).value_or(""));
    head.fields.append("X-Echo-Method", http::name(asked.method));
    head.fields.append("X-Echo-Target", asked.target);
    RequestLog::Entry entry{log, asked};
    http::reply(stream, std::move(head), body);
    entry.end(LoggedRequest::State::finished, 200);
}

}  // namespace penstock::mock_engine
