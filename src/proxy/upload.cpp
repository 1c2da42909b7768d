#include "upload.h"

#include <limits>
#include <utility>

namespace penstock::proxy {

namespace {

// Reads in one turn of the loop: a fast client must not keep the other streams waiting.
constexpr int k_reads_per_turn = 8;

constexpr std::uint64_t k_no_limit = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Upload::Upload(Exchange& exchange, http::ClientStream& engine) noexcept
    : exchange_{exchange},
      client_{exchange.client},
      engine_{engine},
      limit_{exchange.tunnel ? k_no_limit : exchange.route->max_body} {}

Upload::~Upload() {
    client_.when_readable(nullptr);
    engine_.when_writable(nullptr);
}

void Upload::begin() {
    const std::string_view kept = exchange_.body;
    moved_ = kept.size();
    if (!kept.empty() && engine_.write({&kept, 1}) == http::Flow::blocked) {
        return engine_.when_writable(&writable_hook_);
    }
    pump();
}

void Upload::pump() {
    awaits_client_ = false;
    for (int reads = 0; reads < k_reads_per_turn; ++reads) {
        const http::Received received = client_.try_read();
        switch (received.state) {
            case http::ReadState::bytes:
                for (const std::string_view piece : received.payload) moved_ += piece.size();
                if (moved_ > limit_) return fail(ErrorCode::body_too_large);
                if (keeps_) keep(received.payload);
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

void Upload::keep(http::Pieces pieces) {
    std::string& body = exchange_.body;
    const std::uint64_t charged = (moved_ + k_step - 1) / k_step * k_step;
    if (moved_ > k_kept_max || !exchange_.share.grow_to(charged)) return keep_no_more();
    if (body.empty()) {
        body.swap(exchange_.worker.spare.body);
        body.clear();
    }
    for (const std::string_view piece : pieces) body.append(piece);
}

void Upload::keep_no_more() noexcept {
    keeps_ = false;
    exchange_.drop_body();
}

// The engine's body stays unfinished: a truncated prompt must not become a valid request. Nothing
// after the wake: the waiter may end all of this.
void Upload::fail(ErrorCode why) {
    failed_ = why;
    if (Waiter* waiter = std::exchange(on_failure_, nullptr)) waiter->wake();
}

}  // namespace penstock::proxy
