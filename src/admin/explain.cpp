#include "explain.h"

#include <memory>
#include <utility>

#include "penstock/base/await.h"
#include "penstock/http/read_whole.h"

namespace penstock::admin {

namespace {

constexpr std::string_view k_path = "/explain";
constexpr std::string_view k_usual_path = "/v1/chat/completions";

/// Errors: body_too_large, and whatever reading failed with.
Task<Result<std::string>> read_question(http::ServerStream& stream) {
    const http::RequestHead& head = stream.head();
    if (head.framing == http::Framing::length && head.length > k_question_max) {
        co_return Error{ErrorCode::body_too_large};
    }
    co_return co_await http::read_whole(stream, k_question_max);
}

/// The head as a listener for clients would have met it.
http::RequestHead asked_head(const http::RequestHead& head) {
    http::RequestHead asked = head;
    asked.target.erase(0, k_path.size());
    if (!asked.target.starts_with('/')) asked.target.insert(0, k_usual_path);
    return asked;
}

Error too_many() {
    return {ErrorCode::too_many_requests, "Too many requests are asked about; try again."};
}

/// Shared with who answers, who may do so when nobody waits any more.
struct Answer {
    std::optional<std::string> document;
    Waiter* waiter = nullptr;

    void come(std::string made) {
        document = std::move(made);
        if (Waiter* waiting = std::exchange(waiter, nullptr)) waiting->wake();
    }
};

}  // namespace

bool is_question(std::string_view path) noexcept {
    return path.starts_with(k_path) && (path.size() == k_path.size() || path[k_path.size()] == '/');
}

Task<std::optional<Page>> explain(http::ServerStream& stream, const Sources& sources) {
    if (stream.head().method != http::Method::post) {
        co_return only("POST", "Post the request that you ask about.");
    }
    Result<std::string> body = co_await read_question(stream);
    if (!body.has_value()) {
        if (body.error().code() == ErrorCode::client_gone) co_return std::nullopt;
        co_return page_of(body.error());
    }
    const auto answer = std::make_shared<Answer>();
    const bool asked =
        sources.explain(asked_head(stream.head()), std::move(*body),
                        [answer](std::string document) { answer->come(std::move(document)); });
    if (!asked) co_return page_of(too_many());
    Answer* coming = answer.get();
    while (!coming->document) {
        co_await WakeAwaiter{[coming](Waiter* waiter) noexcept { coming->waiter = waiter; }};
    }
    if (coming->document->empty()) co_return page_of(ErrorCode::internal);
    co_return Page{.body = std::move(*coming->document)};
}

}  // namespace penstock::admin
