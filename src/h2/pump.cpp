#include "pump.h"

#include <utility>

namespace penstock::h2 {

namespace {

constexpr std::size_t k_read_per_turn = 256 * 1024;  // others want their turn
constexpr std::size_t k_batch = 64 * 1024;
constexpr Millis k_linger{2'000};
constexpr Millis k_refused_linger{800};  // a second, less what timers and a busy loop add
constexpr std::size_t k_linger_bytes = 256 * 1024;

}  // namespace

Pump::Pump(net::Loop& loop, net::Transport transport, PumpOwner& owner, std::string& batch,
           const Millis& stall_timeout)
    : loop_{loop},
      transport_{std::move(transport)},
      owner_{owner},
      batch_{batch},
      stall_timeout_{stall_timeout},
      timer_{loop} {}

Pump::~Pump() {
    if (dirty_) loop_.forget(flush_hook_);
}

void Pump::start(std::string_view first) {
    want_flush();
    const bool more = first.empty() || owner_.receive(first);
    if (!more) closing_ = true;
    transport_.when_readable(&read_hook_);
    owner_.settle();
}

void Pump::want_flush() noexcept {
    if (std::exchange(dirty_, true)) return;
    loop_.wake_last(flush_hook_);
}

void Pump::close() {
    closing_ = true;
    want_flush();
}

void Pump::refuse() {
    if (std::exchange(refused_, true)) return;
    close();
    timer_.set(k_refused_linger, linger_hook_);
}

void Pump::read_ready() {
    if (closing_) return discard();
    if (!read_some()) return owner_.lost(false);
    want_flush();
    owner_.settle();
}

// False: the peer is gone.
bool Pump::read_some() {
    for (std::size_t taken = 0; taken < k_read_per_turn;) {
        // A peer that asks and does not listen: `write_ready` goes on.
        if (blocked_ && owner_.overfull()) return true;
        const net::ReadBytes read = transport_.try_read();
        if (read.state == net::IoState::would_block) break;
        if (read.state != net::IoState::bytes) return false;
        taken += read.bytes.size();
        if (!owner_.receive(read.bytes)) {
            closing_ = true;
            break;
        }
    }
    transport_.when_readable(&read_hook_);
    return true;
}

// Closing while the peer still sends would reset the connection and take our last words with it.
void Pump::discard() {
    while (discarded_ < k_linger_bytes) {
        const net::ReadBytes read = transport_.try_read();
        if (read.state == net::IoState::would_block) return transport_.when_readable(&read_hook_);
        if (read.state != net::IoState::bytes) break;
        discarded_ += read.bytes.size();
    }
    owner_.ended();
}

void Pump::flush() {
    dirty_ = false;
    if (lingering_) return;
    if (!blocked_ && !write_batches()) return owner_.lost(false);
    if (!blocked_ && (closing_ || owner_.over())) begin_linger();
    owner_.settle();
}

// False: the connection is dead.
bool Pump::write_batches() {
    for (;;) {
        batch_.clear();
        fill_batch();
        if (batch_.empty()) return true;
        const std::string_view piece = batch_;
        const std::ptrdiff_t taken = transport_.try_write({&piece, 1});
        if (taken < 0) return false;
        if (static_cast<std::size_t>(taken) == piece.size()) {
            if (piece.size() < k_batch) return true;  // it was all there is
            continue;
        }
        unsent_.assign(piece.substr(static_cast<std::size_t>(taken)));
        blocked_ = true;
        transport_.when_writable(&write_hook_);
        watch_for_stall();
        return true;
    }
}

void Pump::fill_batch() {
    while (batch_.size() < k_batch) {
        const std::string_view bytes = owner_.next_output();
        if (bytes.empty()) return;
        batch_.append(bytes);
    }
}

void Pump::write_ready() {
    const std::string_view pending = unsent_;
    const std::ptrdiff_t taken = transport_.try_write({&pending, 1});
    if (taken < 0) return owner_.lost(false);
    unsent_.erase(0, static_cast<std::size_t>(taken));
    if (!unsent_.empty()) {
        if (taken > 0) watch_for_stall();
        return transport_.when_writable(&write_hook_);
    }
    std::string{}.swap(unsent_);  // an assignment would keep the memory
    if (!refused_) timer_.clear();
    blocked_ = false;
    transport_.when_readable(&read_hook_);  // where it had stopped
    flush();
}

void Pump::watch_for_stall() {
    if (!refused_) timer_.set(stall_timeout_, stall_hook_);
}

void Pump::write_timed_out() {
    owner_.lost(true);
}

void Pump::begin_linger() {
    lingering_ = true;
    closing_ = true;
    transport_.shut_down_write();
    if (!refused_) timer_.set(k_linger, linger_hook_);
}

void Pump::linger_over() {
    if (blocked_) transport_.abort();  // what it does not take, the kernel would keep for long
    owner_.ended();
}

}  // namespace penstock::h2
