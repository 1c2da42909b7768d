// Log lines, off the traffic's threads: a bounded queue and one writer thread.
//
// A sink that blocks or has closed costs lines, which are counted, never traffic. Values from
// outside are escaped when the line is made. Thread: any, unless said otherwise.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "penstock/telemetry/options.h"
#include "penstock/telemetry/record.h"

namespace penstock::telemetry {

struct LogField {
    LogField(std::string_view named, std::string text) : key{named}, value{std::move(text)} {}
    LogField(std::string_view named, std::uint64_t number) : key{named}, value{number} {}

    std::string_view key;
    std::variant<std::string, std::uint64_t> value;
};

class Log {
public:
    /// Starts the writer thread. Lifecycle lines go to standard error, access lines to
    /// `options.access_file` or standard output (non-blocking where that is a pipe). A file that
    /// cannot be opened is told on standard error; access lines then go to standard output.
    explicit Log(const LogOptions& options);
    /// Writes what is queued (at most one second), then ends the thread.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// A constant message and key=value pairs: {"time":…,"level":…,"message":…,…}. Dropped below
    /// the level.
    void write(LogLevel level, std::string_view message,
               std::initializer_list<LogField> fields = {});
    /// The access line of a request; made at once, written by the writer's thread. Drops when the
    /// queue (8192 lines) is full.
    void access(const RequestRecord& record);

    /// Access lines are written, and are to tell the candidates of their picks.
    [[nodiscard]] bool explains() const noexcept;

    /// New level, format and file, on reload. Also reopens the file (log rotation).
    void configure(const LogOptions& options);

    [[nodiscard]] std::uint64_t dropped() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The access line without its newline, in either format. Pure; here for tests. `unix_ms`: when the
/// request ended.
[[nodiscard]] std::string format_access(const RequestRecord& record, LogFormat format,
                                        std::int64_t unix_ms);

}  // namespace penstock::telemetry
