// A load on one address, made by one thread: streams that are always open, or requests in a closed
// loop or at a rate.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
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
};

class Load {
public:
    explicit Load(const LoadSettings& settings);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Runs for warm-up and measured time. Ends early when nothing but errors comes.
    Report run();

private:
    struct Connection;

    void open(Connection& connection);
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
    std::uint64_t measured_from_ = 0;
    std::uint64_t ends_at_ = 0;
    std::uint64_t failed_in_a_row_ = 0;
    Report report_;
};

}  // namespace penstock::bench
