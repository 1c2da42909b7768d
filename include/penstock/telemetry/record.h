// One record per request: everything the access line, the metrics and (later) the span are made of.
//
// The proxy fills it along the request's way and shows it at its end. Never prompt content. Its
// views are of texts that live as long as the request: its head and facts, its generation's names.
// Thread: one worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/base/error.h"
#include "penstock/base/units.h"

namespace penstock::telemetry {

/// How a request ended.
enum class Outcome : std::uint8_t {
    ok,
    client_error,
    client_gone,
    upstream_error,
    engine_error,
    refused,
    broken
};
[[nodiscard]] std::string_view name(Outcome outcome) noexcept;

struct RequestRecord {
    // Who asked.
    std::string request_id;
    std::string client;  // address, by the trusted-proxies rule
    /// In its verified certificate: the name that its route asks for, or the first. Empty: it has
    /// shown none.
    std::string_view client_name;
    std::string_view key_name;  // of its API key; empty: it has none, or one without a name
    std::string_view method;    // http::name(Method)
    std::string_view path;      // without query, at most 256 bytes
    std::string model;          // as asked for, at most 256 bytes
    bool model_known = false;   // it may become a label
    // Where it went.
    std::string_view pool;
    std::string_view route;
    std::string_view backend;  // URL; empty: none was reached
    std::string_view reason;   // routing::name(Reason)
    std::string_view policy;
    std::string_view session;  // "kept", "moved" or "new" at the last pick; empty: it has none
    std::uint32_t attempts = 0;
    std::string candidates;  // of the last pick, a JSON array; empty: not to be told
    // How it went.
    int status = 0;  // sent to the client; 499 when it had gone before
    Outcome outcome = Outcome::ok;
    std::optional<ErrorCode> error;
    std::string error_detail;  // why the backend failed, where the code does not say all
    bool stream = false;       // the response was an event stream
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    // Tokens.
    std::uint64_t prompt_tokens = 0;
    std::uint64_t output_tokens = 0;
    std::uint64_t cached_tokens = 0;
    bool tokens_estimated = false;       // counted by events: the engine sent no usage
    std::uint32_t prompt_blocks = 0;     // of the chain
    std::uint32_t predicted_blocks = 0;  // believed cached at the pick
    // Times, all from the request's head being complete.
    Micros decided{0};      // the pick
    Micros first_token{0};  // of the response, as far as it can be told; 0: none came
    Micros duration{0};
    Micros own{0};  // our own share before the request left: inspection and pick, waiting excluded
};

}  // namespace penstock::telemetry
