// One try at one backend: charged at the pick, in the prefix index from the moment it is sent, both
// taken back when it fails before its first byte.
#pragma once

#include "decide.h"
#include "exchange.h"
#include "penstock/base/error.h"
#include "penstock/fleet/charge.h"
#include "penstock/routing/policy.h"
#include "penstock/routing/prefix_index.h"

namespace penstock::proxy {

class Attempt {
public:
    Attempt(Exchange& exchange, Pick pick);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    [[nodiscard]] const fleet::Backend& backend() const noexcept { return backend_; }
    [[nodiscard]] const routing::Decision& decision() const noexcept { return decision_; }

    /// The request leaves: the engine will hold this prompt from now on.
    void sent();
    /// The first byte of the response's body: nothing waits to be prefilled any more, and the
    /// belief stands, unless the response is an error.
    void first_byte();
    /// The response came whole: what it showed of the backend, of its cache and of its model is
    /// learned.
    void complete();

private:
    [[nodiscard]] fleet::CounterSlab::Cell& cell() const noexcept;
    [[nodiscard]] bool tell_served() const;
    void drop_adapter_belief() noexcept;
    void correct_belief() const;

    Exchange& exchange_;
    const fleet::Backend& backend_;
    fleet::Charge charge_;
    routing::Decision decision_;
    float work_tokens_;
    float batch_;
    fleet::AdapterRoom adapter_;
    TimePoint sent_at_{};
    TimePoint first_byte_at_{};
    std::uint64_t prefilled_then_ = 0;  // by this proxy's requests there, at the first byte
    routing::PrefixIndex::Added added_;
    bool indexed_ = false;
    bool proven_ = false;
};

/// What a failed connect means: total_timeout where it was the whole request's time that ended,
/// which says nothing about the backend.
[[nodiscard]] Error connect_error(const Exchange& exchange, const Error& from);

}  // namespace penstock::proxy
