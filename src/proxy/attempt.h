// One try at one backend: charged at the pick, in the memory of adapters from then on, and from the
// moment it is sent in the prefix index and, with a new session, in the memory of these. All is
// taken back when it ends before its first byte.
#pragma once

#include "decide.h"
#include "exchange.h"
#include "penstock/base/error.h"
#include "penstock/fleet/charge.h"
#include "penstock/net/loop.h"
#include "penstock/routing/policy.h"
#include "penstock/routing/prefix_index.h"

namespace penstock::proxy {

class Attempt {
public:
    Attempt(Exchange& exchange, Pick pick);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    [[nodiscard]] const fleet::Backend& backend() const noexcept { return *pick_.backend; }
    [[nodiscard]] const routing::Decision& decision() const noexcept { return pick_.decision; }

    /// The request leaves: the engine will hold this prompt from now on.
    void sent();
    /// The first byte of the response's body: the belief stands, unless the response is an error.
    void first_byte();
    /// Its first token, or its first byte where tokens cannot be told apart: nothing waits to be
    /// prefilled any more.
    void first_token();

    /// How a response came.
    struct Course {
        TimePoint last_chunk{};
        bool client_waited =
            false;  // reading stopped for the client: its pace was not the engine's
    };
    /// The response came whole: what it showed of the backend, of its cache and of its model is
    /// learned.
    void complete(const Course& course);
    /// It has ended by the engine's fault. The time of the whole request says nothing about a
    /// backend's health, and a head that HTTP/2 does not carry is the client's fault; everything
    /// else is reported.
    void failed(ErrorCode why);

private:
    [[nodiscard]] fleet::CounterSlab::Cell& cell() const noexcept;
    [[nodiscard]] bool tell_served() const;
    void note_adapter() noexcept;
    void drop_adapter_belief() noexcept;
    void correct_belief(const engine::Usage& usage) const;
    void settle_session() const noexcept;
    [[nodiscard]] bool has_prompt() const noexcept;
    void count_answer() const noexcept;
    void learn_habit(float uncached) const;
    [[nodiscard]] float uncached_by(const engine::Usage& usage) const noexcept;
    void learn_speed(const Course& course, float uncached) const;
    void prefilled() noexcept;

    Exchange& exchange_;
    Pick pick_;
    TimePoint sent_at_{};
    TimePoint first_token_at_{};
    std::uint64_t prefilled_then_ = 0;  // by this proxy's requests there, at the first token
    Hook<Attempt, &Attempt::prefilled> prefilled_hook_{*this};
    net::Timer prefilled_timer_;
    routing::PrefixIndex::Added added_;
    bool indexed_ = false;
    bool claimed_ = false;  // its session was new when it was sent
    bool proven_ = false;
    bool failed_ = false;
};

/// What a failed connect means: total_timeout where it was the whole request's time that ended,
/// which says nothing about the backend.
[[nodiscard]] Error connect_error(const Exchange& exchange, const Error& from);

}  // namespace penstock::proxy
