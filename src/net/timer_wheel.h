// A hashed timer wheel: a list of timers per slot, each with its absolute tick. Setting and
// clearing are a few pointer writes; a timer further away than one round is looked at once a round.
#pragma once

#include <array>

#include "penstock/net/loop.h"
#include "poller.h"

namespace penstock::net {

/// Turned by a timerfd that ticks only while timers are set. Thread: the loop's.
class TimerWheel final : public Source {
public:
    explicit TimerWheel(Poller& poller);
    ~TimerWheel();

    [[nodiscard]] std::uint64_t tick_at_or_after(TimePoint when) const noexcept;
    [[nodiscard]] Timer*& slot(std::uint64_t tick) noexcept { return slots_[tick % k_slots]; }
    /// Before a timer's tick is asked for: an empty wheel has not turned.
    void catch_up(TimePoint now) noexcept;
    void added() noexcept;
    void removed() noexcept { --count_; }
    [[nodiscard]] TimePoint last_turn() const noexcept { return last_turn_; }

    void ready(std::uint32_t events) override;

    static constexpr std::size_t k_slots = 512;

private:
    void arm(bool on) noexcept;
    void fire(std::uint64_t tick);

    Poller& poller_;
    int fd_;
    std::array<Timer*, k_slots> slots_{};
    TimePoint epoch_ = Clock::now();
    TimePoint last_turn_ = epoch_;
    std::uint64_t tick_ = 0;  // the last one that has fired
    std::size_t count_ = 0;
    bool armed_ = false;
};

}  // namespace penstock::net
