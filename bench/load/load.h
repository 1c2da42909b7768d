// A load on one address, made by one thread: streams that are always open, or requests in a closed
// loop or at a rate.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "channel.h"
#include "connection.h"
#include "measure.h"
#include "prompts.h"
#include "settings.h"

namespace penstock::bench {

class Load {
public:
    explicit Load(const LoadSettings& settings);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Runs for warm-up and measured time. Ends early when nothing but errors comes.
    ///
    /// With `announce` it prints, at once, "answered N" after each so many answers, or, of streams,
    /// "streaming N" as soon as each place has had a token of the stream that is under way.
    Report run();

    // For its connections.

    [[nodiscard]] const LoadSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] Prompts& prompts() noexcept { return prompts_; }
    /// A socket on the way to the target, watched in the name of `connection`.
    void connect(Connection& connection, Channel& channel);
    void watch(const Connection& connection, const Channel& channel, bool writable) const;
    void failed_to_connect();
    /// The place is free.
    void give_work(Exchange& exchange);
    /// Until `give_work`, it takes none.
    void withdraw(Exchange& exchange);
    /// `flush` will be called before the load waits again.
    void want_flush(Connection& connection) { unsent_.push_back(&connection); }
    /// Memory to receive into.
    [[nodiscard]] std::span<char> buffer() noexcept { return buffer_; }
    /// So many bytes came; the time is now.
    [[nodiscard]] std::uint64_t received(std::size_t bytes);
    /// More payload of a stream.
    void take_tokens(Exchange& exchange, std::uint64_t now);
    /// An answer is whole. The place is still taken.
    void answered(Exchange& exchange, std::uint64_t now);
    /// There will be no answer. `untouched`: the request was not looked at, which may happen; at a
    /// rate it will be made again.
    void lost(Exchange& exchange, bool untouched);

private:
    void open_more();
    void begin(Exchange& exchange, std::uint64_t due);
    void begin_due(Exchange& exchange);
    void release_due(std::uint64_t now);
    [[nodiscard]] Exchange& take_idle();
    void flush();
    void ended(Exchange& exchange);
    void note_token(Exchange& exchange);
    [[nodiscard]] bool all_begun() const noexcept;
    [[nodiscard]] bool all_ended() const noexcept;
    [[nodiscard]] bool at_a_rate() const noexcept;
    [[nodiscard]] std::int64_t wait_time(std::uint64_t now) const noexcept;

    LoadSettings settings_;
    std::optional<TlsClient> tls_;
    int epoll_ = -1;
    Prompts prompts_;
    std::vector<char> buffer_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> unsent_;
    std::deque<Exchange*> idle_;
    std::deque<std::uint64_t> overdue_;  // arrivals that found no idle place
    std::uint64_t next_arrival_ = 0;
    std::minstd_rand chance_;  // seeded by the target's port
    std::exponential_distribution<double> until_next_;
    std::uint64_t measured_from_ = 0;
    std::uint64_t ends_at_ = 0;
    std::uint64_t failed_in_a_row_ = 0;
    std::uint64_t ended_ = 0;    // requests that were answered or given up
    std::size_t streaming_ = 0;  // places that have had a token
    Report report_;
};

}  // namespace penstock::bench
