// A load on one address, made by one thread: streams that are always open, or requests in a closed
// loop or at a rate.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "measure.h"
#include "wire.h"

namespace penstock::bench {

struct LoadSettings {
    HostPort target;
    bool streams = true;
    std::size_t connections = 100;
    double rate = 0;  // requests a second over all connections; 0: closed loop
    std::size_t body_bytes = 2'048;
    std::uint64_t tokens = 500;  // of a stream
    std::size_t prefixes = 16;   // different prompts; each request has an end of its own
    double warmup_seconds = 1;   // not measured
    double seconds = 10;
    std::uint64_t requests = 0;  // begins no more than so many and ends with the last; 0: no limit
    std::uint64_t opening = 0;   // streams, at most, that wait for their first token; 0: no limit
    std::uint64_t announce = 0;  // a line for each so many answers; streams, not 0: see `Load::run`
};

class Load {
public:
    explicit Load(const LoadSettings& settings);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Runs for warm-up and measured time. Ends early when nothing but errors comes.
    ///
    /// With `announce` it prints, at once, "answered N" after each so many answers, or, of streams,
    /// "streaming N" as soon as each connection has had a token of the stream that is under way.
    Report run();

private:
    struct Connection;

    void open(Connection& connection);
    void open_more();
    void reopen(Connection& connection);
    void begin(Connection& connection, std::uint64_t due);
    void give_work(Connection& connection);
    void release_due(std::uint64_t now);
    void writable(Connection& connection);
    void readable(Connection& connection);
    void closed(Connection& connection);
    void take(Connection& connection, std::string_view bytes, std::uint64_t now);
    bool take_head(Connection& connection, std::string_view& bytes);
    void take_tokens(Connection& connection, std::uint64_t now);
    void answered(Connection& connection, std::uint64_t now);
    void ended(Connection& connection);
    void note_token(Connection& connection);
    [[nodiscard]] bool all_begun() const noexcept;
    [[nodiscard]] bool all_ended() const noexcept;
    void watch(const Connection& connection, bool writable, bool fresh) const;
    [[nodiscard]] std::int64_t wait_time(std::uint64_t now) const noexcept;

    LoadSettings settings_;
    int epoll_ = -1;
    std::vector<std::string> requests_;  // ready to send but for their end
    std::size_t end_at_ = 0;             // where in each a number stands, to make it different
    std::uint64_t sequence_ = 0;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> idle_;
    std::deque<std::uint64_t> overdue_;  // arrivals that found no idle connection
    std::uint64_t next_arrival_ = 0;
    std::minstd_rand chance_;  // seeded by the target's port
    std::exponential_distribution<double> until_next_;
    std::uint64_t measured_from_ = 0;
    std::uint64_t ends_at_ = 0;
    std::uint64_t failed_in_a_row_ = 0;
    std::uint64_t ended_ = 0;    // requests that were answered or given up
    std::size_t streaming_ = 0;  // connections that have had a token
    Report report_;
};

}  // namespace penstock::bench
