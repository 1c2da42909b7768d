#include "request_log.h"

#include "json_text.h"

namespace penstock::mock_engine {

namespace {

constexpr std::string_view name(LoggedRequest::State state) noexcept {
    switch (state) {
        case LoggedRequest::State::running:
            return "running";
        case LoggedRequest::State::finished:
            return "finished";
        case LoggedRequest::State::cancelled:
            return "cancelled";
        case LoggedRequest::State::broken:
            return "broken";
    }
    return "";
}

Json line(const LoggedRequest& request) {
    Json headers = Json::array();
    for (const auto& [field, value] : request.fields)
        headers.push_back(Json::array({field, value}));
    return {{"sequence", request.sequence},
            {"method", request.method},
            {"target", request.target},
            {"x_request_id", request.request_id},
            {"id", request.id},
            {"model", request.model},
            {"status", request.status},
            {"state", name(request.state)},
            {"cancelled", request.state == LoggedRequest::State::cancelled},
            {"finished", request.state == LoggedRequest::State::finished},
            {"prompt_tokens", request.prompt_tokens},
            {"cached_tokens", request.cached_tokens},
            {"output_tokens", request.output_tokens},
            {"headers", std::move(headers)}};
}

}  // namespace

std::string RequestLog::to_json(std::string_view engine, std::uint64_t since) const {
    Json lines = Json::array();
    for (const LoggedRequest& request : requests_) {
        if (request.sequence > since) lines.push_back(line(request));
    }
    return to_text({{"engine", engine}, {"last", last_}, {"requests", std::move(lines)}});
}

LoggedRequest* RequestLog::find(std::uint64_t sequence) noexcept {
    if (requests_.empty() || sequence < requests_.front().sequence) return nullptr;
    return &requests_[static_cast<std::size_t>(sequence - requests_.front().sequence)];
}

RequestLog::Entry::Entry(RequestLog& log, const http::RequestHead& head) : log_{log} {
    request.sequence = ++log.last_;
    request.method = http::name(head.method);
    request.target = head.target;
    request.request_id = head.fields.find(http::FieldName::x_request_id).value_or("");
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
        request.fields.emplace_back(head.fields[i].name, head.fields[i].value);
    }
    log.requests_.push_back(request);
    if (log.requests_.size() > k_kept) log.requests_.pop_front();
}

RequestLog::Entry::~Entry() {
    if (request.state == LoggedRequest::State::running) {
        request.state = LoggedRequest::State::cancelled;
    }
    update();
}

void RequestLog::Entry::update() {
    if (LoggedRequest* kept = log_.find(request.sequence)) *kept = request;
}

void RequestLog::Entry::count(std::uint32_t cached_tokens, std::uint32_t output_tokens) noexcept {
    request.cached_tokens = cached_tokens;
    request.output_tokens = output_tokens;
    if (LoggedRequest* kept = log_.find(request.sequence)) {
        kept->cached_tokens = cached_tokens;
        kept->output_tokens = output_tokens;
    }
}

void RequestLog::Entry::end(LoggedRequest::State state, int status) {
    request.state = state;
    request.status = status;
    update();
}

}  // namespace penstock::mock_engine
