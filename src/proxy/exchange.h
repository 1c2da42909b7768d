// One request's state along its way through this module. Lives in the handler's coroutine frame;
// its destructor hands over the record, also when the frame is destroyed because the client has
// gone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "candidates.h"
#include "observer.h"
#include "penstock/engine/inspect.h"
#include "penstock/http/stream.h"
#include "penstock/proxy/inspect_thread.h"
#include "penstock/proxy/worker.h"
#include "penstock/telemetry/record.h"
#include "placement.h"
#include "route.h"
#include "session.h"
#include "usage_filter.h"

namespace penstock::proxy {

inline constexpr std::size_t k_text_max = 256;  // bytes of a client's text in a record

/// What it is for: to serve a client, or to tell an operator where it would be served. The latter
/// is neither counted nor logged.
enum class Purpose : std::uint8_t { serve, explain };

/// What a client is told of its request's pick.
enum class Explain : std::uint8_t { nothing, pick, candidates };

struct Exchange {
    Exchange(Worker& on, http::ServerStream& from, Purpose why = Purpose::serve);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// What a route is looked for by.
    [[nodiscard]] RouteAsk asked() const noexcept;
    /// Looks for its route, as `match_route` does, and notes it. False: there is none.
    [[nodiscard]] bool find_route(const std::string_view* model);
    /// Answers with an error of ours, in the API's shape.
    void refuse(const Error& error);
    /// Ours in every response: the request's id, CORS.
    void append_own_fields(http::Fields& to) const;
    /// Notes how it ended; the first word counts.
    void ended(telemetry::Outcome outcome, std::optional<ErrorCode> error = {}) noexcept;
    [[nodiscard]] Micros elapsed() const noexcept;
    /// The body is not needed any more: its memory, and its share of the budget, are free again.
    void drop_body() noexcept;
    /// `limit` after the request's head; TimePoint::max() for zero, which is no limit.
    [[nodiscard]] TimePoint deadline_by(Millis limit) const noexcept;
    /// Until when all of it must be done, by the route's total timeout and the call's own.
    [[nodiscard]] TimePoint deadline() const noexcept {
        return std::min(deadline_by(route->timeouts.total), call_deadline);
    }
    [[nodiscard]] bool overdue() const noexcept { return worker.loop.now() >= deadline(); }
    /// Somebody will read the candidates of its picks.
    [[nodiscard]] bool tells_candidates() const noexcept {
        return explain == Explain::candidates || purpose == Purpose::explain ||
               worker.shared.log.explains();
    }
    /// Tokens as the observer has seen them so far, into the record.
    void record_tokens();

    Worker& worker;
    http::ServerStream& client;
    const Purpose purpose;
    GenerationRef generation;
    const Route* route = nullptr;
    const Pool* pool = nullptr;
    engine::Endpoint endpoint = engine::Endpoint::other;
    std::string body;  // with engine::k_body_padding bytes behind its size
    BufferShare share;
    engine::RequestFacts facts;
    Placement placement;
    Session session;
    fleet::AdapterId adapter = 0;  // the LoRA it wants; known with the first pick
    bool adapter_listed = false;   // by some backend: not only the client's word
    bool model_listed = false;     // some backend of the pool, or its configuration, spells it out
    std::vector<Chain> chains;     // of the prompt, until a pool is chosen
    Micros body_complete{
        0};  // when the request's body was there; waiting until then is no work of ours
    bool usage_injected = false;  // the engine was asked for usage in the client's name
    Observer observer;            // of the response
    engine::Usage usage;          // that it told: since `record_tokens`
    std::unique_ptr<UsageFilter> usage_filter;  // null: nothing is taken out of the response
    telemetry::RequestRecord record;
    http::Fields cors_fields;           // of every response; most often none
    std::vector<Candidate> candidates;  // of the last pick, where somebody is told them
    Explain explain = Explain::nothing;
    bool grpc = false;  // a gRPC call: its errors stand in trailers, its body is a stream
    TimePoint call_deadline = TimePoint::max();  // that a gRPC call brings
    bool tunnel = false;   // the request asks for another protocol, and may have it
    bool settled = false;  // an outcome was noted

private:
    void give_up() noexcept;
    void record_end();
};

}  // namespace penstock::proxy
