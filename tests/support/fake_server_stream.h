// A client's side of an exchange without a connection: head and body go in, what the handler did
// comes out.
//
//     FakeServerStream stream{get("/livez")};
//     ASSERT_TRUE(serve(handler, stream));
//     EXPECT_EQ(stream.response().status, 200);
//
// The body is there at once and whole unless `hold_body` or `pieces_of` say otherwise; writes are
// taken at once unless `block_writes` was called. As with a real stream nobody is woken from inside
// a call: `turn` stands for one turn of the loop.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "penstock/base/assert.h"
#include "penstock/http/stream.h"

namespace penstock::support {

enum class Ending { none, finished, broken_off };

class FakeServerStream final : public http::ServerStream {
public:
    explicit FakeServerStream(http::RequestHead head, std::string body = {})
        : head_{std::move(head)}, body_in_{std::move(body)} {
        if (!body_in_.empty() && head_.framing == http::Framing::none) {
            head_.framing = http::Framing::length;
            head_.length = body_in_.size();
        }
    }

    // --- What the client does.

    /// It came by TLS; null: it did not.
    void encrypt(const http::Encryption* encryption) { encryption_ = encryption; }
    void come_from(std::string_view peer) { peer_ = peer; }
    /// Each read gives at most this many bytes.
    void pieces_of(std::size_t bytes) { piece_ = bytes; }
    /// Body bytes after the first `bytes` do not come until `release_body`.
    void hold_body(std::size_t bytes = 0) { held_after_ = bytes; }
    void release_body() { held_after_ = std::string::npos; }
    /// Reads and writes fail from now on.
    void fail(ErrorCode why) {
        failure_ = why;
        failed_ = true;
    }
    /// Writes report `Flow::blocked` until `unblock_writes`.
    void block_writes() { blocked_ = true; }
    void unblock_writes() { blocked_ = false; }
    /// One turn of the loop: wakes who waits for what has come true. True when somebody was woken.
    bool turn() {
        if (reader_ != nullptr && (failed_ || available() > 0 || at_end())) {
            std::exchange(reader_, nullptr)->wake();
            return true;
        }
        if (writer_ != nullptr && (failed_ || !blocked_)) {
            std::exchange(writer_, nullptr)->wake();
            return true;
        }
        return false;
    }

    // --- What the handler did.

    [[nodiscard]] const http::ResponseHead& response() const noexcept { return response_; }
    /// All payload bytes written.
    [[nodiscard]] const std::string& body() const noexcept { return body_out_; }
    /// All wire bytes written, where the handler gave that form.
    [[nodiscard]] const std::string& wire() const noexcept { return wire_out_; }
    [[nodiscard]] Ending ending() const noexcept { return ending_; }
    [[nodiscard]] const http::Fields& trailers() const noexcept { return trailers_; }
    [[nodiscard]] const std::string& last_words() const noexcept { return last_words_; }
    [[nodiscard]] int writes() const noexcept { return writes_; }
    [[nodiscard]] int flushes() const noexcept { return flushes_; }
    [[nodiscard]] bool someone_waits() const noexcept {
        return reader_ != nullptr || writer_ != nullptr;
    }

    // --- http::ServerStream

    [[nodiscard]] const http::RequestHead& head() const noexcept override { return head_; }
    [[nodiscard]] std::string_view peer() const noexcept override { return peer_; }
    [[nodiscard]] const http::Encryption* encryption() const noexcept override {
        return encryption_;
    }
    [[nodiscard]] TimePoint started() const noexcept override { return TimePoint{}; }

    [[nodiscard]] http::Received try_read() override {
        http::Received received;
        if (failed_) {
            received.state = http::ReadState::failed;
            received.error = failure_;
        } else if (const std::size_t count = available(); count > 0) {
            received.state = http::ReadState::bytes;
            piece_out_[0] = std::string_view{body_in_}.substr(read_, count);
            received.payload = piece_out_;
            read_ += count;
        } else if (at_end()) {
            received.state = http::ReadState::end;
        }
        return received;
    }
    void when_readable(Waiter* waiter) noexcept override { reader_ = waiter; }

    void respond(const http::ResponseHead& head) override {
        PENSTOCK_ASSERT(!responded_);
        responded_ = true;
        response_ = head;
    }
    http::Flow write(http::Pieces wire, http::Pieces payload) override {
        PENSTOCK_ASSERT(responded_ && ending_ == Ending::none);
        if (failed_) return http::Flow::failed;
        ++writes_;
        for (const std::string_view piece : wire) wire_out_ += piece;
        for (const std::string_view piece : payload) body_out_ += piece;
        return blocked_ ? http::Flow::blocked : http::Flow::open;
    }
    http::Flow flush() override {
        if (failed_) return http::Flow::failed;
        ++flushes_;
        return blocked_ ? http::Flow::blocked : http::Flow::open;
    }
    void when_writable(Waiter* waiter) noexcept override { writer_ = waiter; }
    void finish(const http::Fields& trailers) override {
        PENSTOCK_ASSERT(responded_ && ending_ == Ending::none);
        ending_ = Ending::finished;
        trailers_ = trailers;
    }
    void break_off(std::string_view last_words) override {
        PENSTOCK_ASSERT(ending_ == Ending::none);
        ending_ = Ending::broken_off;
        last_words_ = last_words;
    }
    [[nodiscard]] bool responded() const noexcept override { return responded_; }
    [[nodiscard]] ErrorCode failure() const noexcept override { return failure_; }
    [[nodiscard]] std::uint64_t bytes_in() const noexcept override { return read_; }
    [[nodiscard]] std::uint64_t bytes_out() const noexcept override { return body_out_.size(); }

private:
    [[nodiscard]] bool at_end() const noexcept { return read_ == body_in_.size(); }
    [[nodiscard]] std::size_t available() const noexcept {
        const std::size_t arrived = std::min(body_in_.size(), held_after_);
        return arrived > read_ ? std::min(piece_, arrived - read_) : 0;
    }

    http::RequestHead head_;
    std::string body_in_;
    std::size_t read_ = 0;
    std::size_t piece_ = std::string::npos;
    std::size_t held_after_ = std::string::npos;
    std::array<std::string_view, 1> piece_out_;
    Waiter* reader_ = nullptr;
    Waiter* writer_ = nullptr;
    bool failed_ = false;
    bool blocked_ = false;
    ErrorCode failure_ = ErrorCode::client_gone;

    bool responded_ = false;
    http::ResponseHead response_;
    std::string body_out_;
    std::string wire_out_;
    http::Fields trailers_;
    std::string last_words_;
    Ending ending_ = Ending::none;
    int writes_ = 0;
    int flushes_ = 0;
    std::string_view peer_ = "192.0.2.1:40000";
    const http::Encryption* encryption_ = nullptr;
};

/// The head of a request without a body.
[[nodiscard]] inline http::RequestHead request(http::Method method, std::string target) {
    http::RequestHead head;
    head.method = method;
    head.target = std::move(target);
    head.authority = "penstock.test";
    return head;
}
[[nodiscard]] inline http::RequestHead get(std::string target) {
    return request(http::Method::get, std::move(target));
}

/// Runs the handler until it has ended or waits for something that does not come. True: it ended.
/// What escaped from it is rethrown.
[[nodiscard]] inline bool serve(http::Handler& handler, FakeServerStream& stream) {
    Task<void> task = handler.handle(stream);
    task.start([](void*) {}, nullptr);
    while (!task.done() && stream.turn()) {
    }
    if (!task.done()) return false;
    task.take();
    return true;
}

}  // namespace penstock::support
