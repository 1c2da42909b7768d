#include "upload.h"

#include <utility>

namespace penstock::proxy {

namespace {

// Reads in one turn of the loop: a fast client must not keep the other streams waiting.
constexpr int k_reads_per_turn = 8;

}  // namespace

Upload::~Upload() {
    client_.when_readable(nullptr);
    engine_.when_writable(nullptr);
}

void Upload::pump() {
    awaits_client_ = false;
    for (int reads = 0; reads < k_reads_per_turn; ++reads) {
        const http::Received received = client_.try_read();
        switch (received.state) {
            case http::ReadState::bytes:
                for (const std::string_view piece : received.payload) moved_ += piece.size();
                if (moved_ > limit_) return fail(ErrorCode::body_too_large);
                switch (engine_.write(received.payload)) {
                    case http::Flow::open:
                        break;
                    case http::Flow::blocked:
                        return engine_.when_writable(&writable_hook_);
                    case http::Flow::failed:
                        return;  // its answer, if there is one, says more
                }
                break;
            case http::ReadState::would_block:
                awaits_client_ = true;
                return client_.when_readable(&readable_hook_);
            case http::ReadState::end:
                return engine_.finish(client_.request_trailers());
            case http::ReadState::failed:
                return fail(received.error);
        }
    }
    client_.when_readable(&readable_hook_);
}

// The engine's body stays unfinished: a truncated prompt must not become a valid request. Nothing
// after the wake: the waiter may end all of this.
void Upload::fail(ErrorCode why) {
    failed_ = why;
    if (Waiter* waiter = std::exchange(on_failure_, nullptr)) waiter->wake();
}

}  // namespace penstock::proxy
