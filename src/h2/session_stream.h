// One exchange as an HTTP/2 session knows it: what its frames said, what it has to send.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "outgoing.h"
#include "penstock/base/error.h"
#include "penstock/http/head.h"
#include "request_builder.h"
#include "trailers.h"

namespace penstock::h2 {

struct SessionStream {
    SessionStream(std::int32_t number, const http::HeadLimits& limits) noexcept
        : id{number}, builder{limits} {}
    SessionStream(const SessionStream&) = delete;
    SessionStream& operator=(const SessionStream&) = delete;

    // First what each token touches.
    std::int32_t id;
    bool listed = false;  // among the session's news
    bool head_complete = false;
    bool input_ended = false;  // the client has sent all
    bool closed = false;       // nghttp2 knows it no more
    bool reset_by_us = false;
    bool broken = false;     // its client broke the protocol on it, and it was reset
    bool watched = false;    // its owner waits for what has gone out
    bool reset_due = false;  // all has gone out, the client still sends, and must read first
    Outgoing out;
    std::uint32_t close_code = 0;  // when it closed: 0 is a proper end
    std::optional<Error> refusal;  // the head or the trailers break a rule

    RequestBuilder builder;
    http::RequestHead head;
    std::unique_ptr<Trailers> tail;  // null: there are none
    std::string input;               // of the body, received and not read yet
    std::size_t unread = 0;          // of it, what flow control still counts

protected:
    ~SessionStream() = default;
};

}  // namespace penstock::h2
