// The insides of `Loop`, for the other files of this module.
#pragma once

#include <array>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "penstock/net/loop.h"

namespace penstock::net {

/// A hashed timer wheel: a list of timers per slot, each with its absolute tick. Setting and
/// clearing are a few pointer writes; a timer further away than one round is looked at once a
/// round.
class TimerWheel {
public:
    explicit TimerWheel(boost::asio::io_context& context) : ticker_{context} {}

    [[nodiscard]] std::uint64_t tick_at_or_after(TimePoint when) const noexcept;
    [[nodiscard]] Timer*& slot(std::uint64_t tick) noexcept { return slots_[tick % k_slots]; }
    /// Before a timer's tick is asked for: an empty wheel has not turned.
    void catch_up(TimePoint now) noexcept;
    void added() noexcept;
    void removed() noexcept { --count_; }
    [[nodiscard]] TimePoint last_turn() const noexcept { return last_turn_; }

    static constexpr std::size_t k_slots = 512;

private:
    friend class Loop;
    void arm() noexcept;
    void turn() noexcept;
    void fire(std::uint64_t tick) noexcept;

    boost::asio::steady_timer ticker_;
    std::array<Timer*, k_slots> slots_{};
    TimePoint epoch_ = Clock::now();
    TimePoint last_turn_ = epoch_;
    std::uint64_t tick_ = 0;  // the last one that has fired
    std::size_t count_ = 0;
    bool armed_ = false;
};

struct Loop::Impl {
    // I/O objects stay on this thread, but control posts to it: the scheduler needs its lock, the
    // reactor's I/O does not.
    boost::asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        context.get_executor()};
    TimerWheel wheel{context};
    std::vector<Waiter*> soon;
    std::vector<Waiter*> waking;
    bool soon_posted = false;
    std::vector<char> read_buffer = std::vector<char>(k_read_buffer);

    void wake_all() noexcept;
};

}  // namespace penstock::net
