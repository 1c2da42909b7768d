// A handler whose exchanges are scripts, for tests of server connections of either protocol.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "penstock/http/await.h"
#include "penstock/http/reply.h"
#include "penstock/http/stream.h"

namespace penstock::test {

/// Runs a coroutine per exchange and notes what became of it.
class ScriptedHandler final : public http::Handler {
public:
    using Script = Task<void> (*)(ScriptedHandler& self, http::ServerStream& stream);

    Task<void> handle(http::ServerStream& stream) override {
        ++begun;
        targets.push_back(stream.head().target);
        last = &stream;
        return script(*this, stream);
    }

    Script script = nullptr;
    int begun = 0;
    int ended = 0;      // ran to their end
    int destroyed = 0;  // frames that are gone, however
    std::vector<std::string> targets;
    std::vector<std::string> bodies;
    std::optional<ErrorCode> failure;
    http::ServerStream* last = nullptr;
};

/// Counts in a handler's frame: its destruction is how a handler learns of cancellation.
class Witness {
public:
    explicit Witness(ScriptedHandler& handler) noexcept : handler_{handler} {}
    Witness(const Witness&) = delete;
    ~Witness() { ++handler_.destroyed; }

private:
    ScriptedHandler& handler_;
};

/// The whole body of a request. Sets `handler.failure` when it does not come to its end.
inline Task<std::string> read_body(ScriptedHandler& handler, http::ServerStream& stream) {
    std::string body;
    for (;;) {
        const http::Received received = stream.try_read();
        if (received.state == http::ReadState::end) break;
        if (received.state == http::ReadState::failed) {
            handler.failure = received.error;
            break;
        }
        if (received.state == http::ReadState::would_block) {
            co_await http::readable(stream);
            continue;
        }
        for (const std::string_view piece : received.payload) body += piece;
    }
    co_return body;
}

/// Reads the body, answers with "target:body".
inline Task<void> echo(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    const std::string body = co_await read_body(self, stream);
    self.bodies.push_back(body);
    http::reply(stream, 200, "text/plain", stream.head().target + ":" + body);
    ++self.ended;
}

/// Answers without a look at the body.
inline Task<void> answer_early(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    http::reply(stream, 413, "text/plain", "too much");
    ++self.ended;
    co_return;
}

/// Never answers.
inline Task<void> hang(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    const std::string body = co_await read_body(self, stream);
    co_await http::writable(stream);  // nothing blocks, so nobody wakes this
    ++self.ended;
}

/// Streams "one", "two" and "three" in chunks.
inline Task<void> stream_three(ScriptedHandler& self, http::ServerStream& stream) {
    const Witness witness{self};
    http::ResponseHead head;
    head.framing = http::Framing::chunked;
    stream.respond(head);
    for (const std::string_view piece : {"one", "two", "three"}) {
        stream.write({}, http::Pieces{&piece, 1});
    }
    stream.finish({});
    ++self.ended;
    co_return;
}

}  // namespace penstock::test
