#include <chrono>

#include "mock_engine_impl.h"
#include "penstock/http/read_whole.h"
#include "penstock/http/reply.h"

namespace penstock::mock_engine {

namespace {

// Engines have no limit of their own; this one keeps a test's mistake from eating the memory.
constexpr std::size_t k_body_max = 256UL * 1024 * 1024;

// A timer that a coroutine waits for.
auto elapsed(net::Timer& timer, Millis time) noexcept {
    return WakeAwaiter{[&timer, time](Waiter* waiter) noexcept {
        if (waiter == nullptr) {
            timer.clear();
        } else {
            timer.set(time, *waiter);
        }
    }};
}

}  // namespace

double unix_seconds() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration<double>{now}.count();
}

Task<void> pause(net::Loop& loop, Millis time) {
    net::Timer timer{loop};
    co_await elapsed(timer, time);
}

http::ResponseHead MockEngine::Impl::head_of(int status, std::string_view content_type) const {
    http::ResponseHead head;
    head.status = status;
    head.reason = http::reason_phrase(status);
    head.fields.append(http::FieldName::server, "uvicorn");
    head.fields.append("X-Engine-Id", options.id);
    if (!content_type.empty()) head.fields.append(http::FieldName::content_type, content_type);
    return head;
}

void MockEngine::Impl::answer(http::ServerStream& stream, int status, std::string_view content_type,
                              std::string_view body) const {
    http::reply(stream, head_of(status, content_type), body);
}

void MockEngine::Impl::refuse(http::ServerStream& stream, const Refusal& refusal, Api api) const {
    answer_json(stream, refusal.status, to_json(refusal, api, options.dialect));
}

Task<std::optional<std::string>> MockEngine::Impl::read_body(http::ServerStream& stream) const {
    Result<std::string> body = co_await http::read_whole(stream, k_body_max);
    if (body) co_return std::move(*body);
    const Error& error = body.error();
    if (error.code() == ErrorCode::body_too_large) {
        refuse(stream, {.status = 413, .message = "The body is too large."}, Api::chat);
    } else {
        http::reply(stream, http::error_head(error, 0),
                    http::error_json(error, http::api_shape(stream.head().path())));
    }
    co_return std::nullopt;
}

}  // namespace penstock::mock_engine
