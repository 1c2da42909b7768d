// Moves bytes between a socket and a session. What came in is given to the session as it comes;
// what the session has to send leaves at the end of the loop's turn, so that all streams that
// became ready in one turn share one write. Client and server connections alike. Thread: the
// loop's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "penstock/base/units.h"
#include "penstock/base/waiter.h"
#include "penstock/net/loop.h"
#include "penstock/net/transport.h"

namespace penstock::h2 {

/// Who owns a pump and knows what the bytes mean.
class PumpOwner {
public:
    /// False: nothing more will be read.
    [[nodiscard]] virtual bool receive(std::string_view bytes) = 0;
    /// The next bytes to send, until the next call; empty: none for now.
    [[nodiscard]] virtual std::string_view next_output() = 0;
    /// Reading must stop until some output has gone.
    [[nodiscard]] virtual bool overfull() const = 0;
    /// Nothing more will be read or written.
    [[nodiscard]] virtual bool over() const = 0;
    /// Bytes came in or went out: time to act on it. May destroy the pump, as the next two.
    virtual void settle() = 0;
    /// The connection has been ended in order.
    virtual void ended() = 0;
    /// The peer is gone, or has not taken a byte for too long.
    virtual void lost(bool stalled) = 0;

protected:
    ~PumpOwner() = default;
};

class Pump {
public:
    /// `batch`: memory of the worker that a write is put together in. References outlive this.
    Pump(net::Loop& loop, net::Transport transport, PumpOwner& owner, std::string& batch,
         const Millis& stall_timeout);
    ~Pump();
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;

    void start(std::string_view first);
    /// There is something to send: at this turn's end.
    void want_flush() noexcept;
    /// Sends what there is, then closes, in a way that lets the peer read it.
    void close();
    /// The same for a peer that has done wrong: whether it reads or not, it is gone within a
    /// second.
    void refuse();
    [[nodiscard]] net::Transport& transport() noexcept { return transport_; }
    [[nodiscard]] bool closing() const noexcept { return closing_; }

private:
    void read_ready();
    [[nodiscard]] bool read_some();
    void discard();
    void flush();
    [[nodiscard]] bool write_batches();
    void fill_batch();
    void write_ready();
    void write_timed_out();
    void watch_for_stall();
    void begin_linger();
    void linger_over();

    net::Loop& loop_;
    net::Transport transport_;
    PumpOwner& owner_;
    std::string& batch_;
    const Millis& stall_timeout_;
    std::string unsent_;  // what the kernel did not take
    bool dirty_ = false;
    bool blocked_ = false;
    bool closing_ = false;    // after what waits has been sent
    bool refused_ = false;    // and that soon: the timer runs for nothing else any more
    bool lingering_ = false;  // all has been sent, and the peer's end is waited for
    std::size_t discarded_ = 0;
    net::Timer timer_;
    Hook<Pump, &Pump::read_ready> read_hook_{*this};
    Hook<Pump, &Pump::flush> flush_hook_{*this};
    Hook<Pump, &Pump::write_ready> write_hook_{*this};
    Hook<Pump, &Pump::write_timed_out> stall_hook_{*this};
    Hook<Pump, &Pump::linger_over> linger_hook_{*this};
};

}  // namespace penstock::h2
