// The access line: which fields, in which order.
#include "line.h"
#include "penstock/telemetry/log.h"

namespace penstock::telemetry {

std::string format_access(const RequestRecord& record, LogFormat format, std::int64_t unix_ms) {
    Line line{format};
    line.time(unix_ms);
    line.text("request_id", record.request_id);
    line.text("client", record.client);
    line.text("client_name", record.client_name);
    line.text("key_name", record.key_name);
    line.text("method", record.method);
    line.text("path", record.path);
    line.text("model", record.model);
    line.text("pool", record.pool);
    line.text("route", record.route);
    line.text("backend", record.backend);
    line.text("reason", record.reason);
    line.text("policy", record.policy);
    if (!record.session.empty()) line.text("session", record.session);
    if (!record.candidates.empty()) line.json("candidates", record.candidates);
    line.number("attempts", record.attempts);
    line.number("status", static_cast<std::uint64_t>(record.status > 0 ? record.status : 0));
    line.text("outcome", name(record.outcome));
    line.text("error", record.error ? name(*record.error) : std::string_view{});
    line.text("error_detail", record.error_detail);
    line.flag("stream", record.stream);
    line.number("prompt_tokens", record.prompt_tokens);
    line.number("output_tokens", record.output_tokens);
    line.number("cached_tokens", record.cached_tokens);
    line.flag("tokens_estimated", record.tokens_estimated);
    line.number("prompt_blocks", record.prompt_blocks);
    line.number("predicted_blocks", record.predicted_blocks);
    if (record.first_token > Micros{0}) {
        line.millis("ttft_ms", record.first_token);
    } else {
        line.unknown("ttft_ms");
    }
    line.millis("duration_ms", record.duration);
    line.millis("own_ms", record.own);
    line.number("bytes_in", record.bytes_in);
    line.number("bytes_out", record.bytes_out);
    return std::move(line).take();
}

}  // namespace penstock::telemetry
