// What an engine was asked, for tests: GET /mock/log. Bounded; the oldest go first. Thread: the
// loop's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/http/head.h"

namespace penstock::mock_engine {

struct LoggedRequest {
    enum class State : std::uint8_t {
        running,
        finished,   // answered whole, errors included
        cancelled,  // the client went away
        broken,     // by a fault or a restart
    };

    std::uint64_t sequence = 0;  // from 1
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> fields;  // as they came
    std::string request_id;                                   // X-Request-Id
    std::string id;                                           // of the answer
    std::string model;
    int status = 0;  // 0: none was sent
    std::uint32_t prompt_tokens = 0;
    std::uint32_t cached_tokens = 0;
    std::uint32_t output_tokens = 0;  // sent, or ready to be where the answer is a document
    State state = State::running;
};

class RequestLog {
public:
    static constexpr std::size_t k_kept = 4'096;

    class Entry;

    /// The requests after `since`, oldest first, as JSON.
    [[nodiscard]] std::string to_json(std::string_view engine, std::uint64_t since) const;
    [[nodiscard]] std::size_t size() const noexcept { return requests_.size(); }

private:
    [[nodiscard]] LoggedRequest* find(std::uint64_t sequence) noexcept;

    std::deque<LoggedRequest> requests_;
    std::uint64_t last_ = 0;
};

/// One request's line, as long as it is served. Destroyed while running: it was cancelled.
class RequestLog::Entry {
public:
    Entry(RequestLog& log, const http::RequestHead& head);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// A copy lives here, so that the line may be forgotten while the request runs; call `update`.
    LoggedRequest request;
    void update();
    /// As `update`, for these two alone: called for each token.
    void count(std::uint32_t cached_tokens, std::uint32_t output_tokens) noexcept;
    void end(LoggedRequest::State state, int status);

private:
    RequestLog& log_;
};

}  // namespace penstock::mock_engine
