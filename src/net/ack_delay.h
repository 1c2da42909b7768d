// Fewer acknowledgements for a peer that sends little and often.
//
// The kernel acknowledges each small segment as soon as it is read, which costs a quarter of a
// token's way. In its interactive mode it acknowledges every second one, or after 40 ms; it enters
// that mode when TCP_QUICKACK is switched off and leaves it when the 40 ms pass (tcp(7)).
#pragma once

#include <cstdint>
#include <ctime>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace penstock::net {

class AckDelay {
public:
    void enable() noexcept { reads_ = k_again; }

    /// After each read. One system call at the first, after a silence, and now and then: what
    /// else makes the kernel leave the mode is rare.
    void after_read(int fd) noexcept {
        if (reads_ == 0) return;
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        const std::uint32_t at = static_cast<std::uint32_t>(now.tv_sec) * 1000 +
                                 static_cast<std::uint32_t>(now.tv_nsec / 1'000'000);
        const bool silent = at - last_ms_ >= k_silence_ms;
        last_ms_ = at;
        if (!silent && reads_ < k_again) {
            ++reads_;
            return;
        }
        reads_ = 1;
        const int off = 0;
        ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
    }

private:
    static constexpr std::uint32_t k_silence_ms = 32;  // the kernel's 40, less this clock's grain
    static constexpr std::uint32_t k_again = 32;

    std::uint32_t last_ms_ = 0;
    std::uint32_t reads_ = 0;  // since the last call, from 1; 0: not enabled
};

}  // namespace penstock::net
