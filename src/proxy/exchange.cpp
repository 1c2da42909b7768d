#include "exchange.h"

#include <exception>
#include <span>

#include "penstock/http/grpc.h"
#include "penstock/http/reply.h"

namespace penstock::proxy {

namespace {

telemetry::Outcome outcome_of(ErrorCode code) noexcept {
    const int status = http::status_of(code);
    if (code == ErrorCode::client_gone) return telemetry::Outcome::client_gone;
    if (code == ErrorCode::too_many_requests) return telemetry::Outcome::refused;
    if (status < 500) return telemetry::Outcome::client_error;
    return code >= ErrorCode::connect_failed ? telemetry::Outcome::upstream_error
                                             : telemetry::Outcome::refused;
}

}  // namespace

Exchange::Exchange(Worker& on, http::ServerStream& from, Purpose why)
    : worker{on}, client{from}, purpose{why}, generation{on}, share{on.shared.budget} {
    facts.swap(worker.spare.facts);
    facts.clear();
    grpc = http::is_grpc(client.head().fields);
    if (grpc) {
        if (const auto timeout = http::grpc_timeout(client.head().fields))
            call_deadline = client.started() + *timeout;
    }
    if (purpose == Purpose::explain) return;
    record.method = http::name(client.head().method);
    record.path = client.head().path().substr(0, k_text_max);
    worker.metrics.count(telemetry::Count::requests_started);
    worker.metrics.change(telemetry::Gauge::requests_in_flight, 1);
}

Exchange::~Exchange() {
    if (purpose == Purpose::serve) record_end();
    drop_body();
    facts.swap(worker.spare.facts);
}

RouteAsk Exchange::asked() const noexcept {
    const http::Encryption* encryption = client.encryption();
    return {client.head(), encryption != nullptr ? std::span{encryption->client_names}
                                                 : std::span<const std::string>{}};
}

bool Exchange::find_route(const std::string_view* model) {
    const RouteAsk ask = asked();
    route = match_route(*generation, ask, model);
    if (route == nullptr) return false;
    record.route = route->name;
    record.client_name = name_for(*route, ask.client_names);
    return true;
}

void Exchange::record_end() {
    if (!settled && std::uncaught_exceptions() > 0) {  // the connection answers for us
        ended(telemetry::Outcome::refused, ErrorCode::internal);
        record.status = client.responded() ? record.status : http::status_of(ErrorCode::internal);
    }
    if (!settled) give_up();
    record.duration = elapsed();
    record.bytes_in = client.bytes_in();
    record.bytes_out = client.bytes_out();
    worker.metrics.change(telemetry::Gauge::requests_in_flight, -1);
    worker.metrics.finished(record);
    if (!candidates.empty() && worker.shared.log.explains()) {
        record.candidates = candidates_json(candidates, *pool->policy);
    }
    worker.shared.log.access(record);
}

// The frame was destroyed while it waited: the client has gone, or the drain's time is over.
void Exchange::give_up() noexcept {
    const bool ours = worker.ending;
    const ErrorCode why = ours ? ErrorCode::shutting_down : ErrorCode::client_gone;
    if (ours) {
        ended(client.responded() ? telemetry::Outcome::broken : telemetry::Outcome::refused, why);
    } else {
        ended(telemetry::Outcome::client_gone, why);
        worker.metrics.count(telemetry::Count::cancellations);
    }
    record.status = client.responded() ? record.status : http::status_of(why);
    record_tokens();
}

void Exchange::refuse(const Error& error) {
    ended(outcome_of(error.code()), error.code());
    if (http::ails_backend(error.code())) record.error_detail = error.detail();
    if (error.code() == ErrorCode::client_gone) {
        record.status = http::status_of(error.code());
        client.break_off({});
        return;
    }
    if (grpc) {
        record.status = 200;
        http::Fields own;
        append_own_fields(own);
        http::reply_grpc(client, error, own);
        return;
    }
    http::ResponseHead head = http::error_head(error, 0);
    record.status = head.status;
    append_own_fields(head.fields);
    http::reply(client, std::move(head),
                http::error_json(error, http::api_shape(client.head().path())));
}

void Exchange::append_own_fields(http::Fields& to) const {
    to.append(http::FieldName::x_request_id, record.request_id);
    for (std::size_t i = 0; i < cors_fields.size(); ++i) {
        to.append(cors_fields[i].id, cors_fields[i].name, cors_fields[i].value);
    }
}

void Exchange::ended(telemetry::Outcome outcome, std::optional<ErrorCode> error) noexcept {
    if (settled) return;
    settled = true;
    record.outcome = outcome;
    record.error = error;
}

void Exchange::drop_body() noexcept {
    if (worker.spare.body.capacity() < body.capacity() && body.capacity() <= Spare::k_body_max) {
        worker.spare.body.swap(body);
    }
    std::string{}.swap(body);  // an assignment would keep the memory
    share.clear();
}

void Exchange::record_tokens() {
    usage = observer.usage();
    if (usage.found) {
        record.prompt_tokens = usage.prompt_tokens;
        record.output_tokens = usage.output_tokens;
        record.cached_tokens = usage.cached_tokens;
    } else if (observer.kind() == Observer::Kind::events) {
        record.output_tokens = observer.events();
        record.tokens_estimated = true;
    }
}

TimePoint Exchange::deadline_by(Millis limit) const noexcept {
    return limit > Millis{0} ? client.started() + limit : TimePoint::max();
}

Micros Exchange::elapsed() const noexcept {
    return std::chrono::duration_cast<Micros>(worker.loop.now() - client.started());
}

}  // namespace penstock::proxy
