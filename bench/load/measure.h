// What a load generator saw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace penstock::bench {

/// Delays, kept whole until they are asked for. Nanoseconds.
class Delays {
public:
    Delays() { nanos_.reserve(1U << 20U); }
    void add(std::uint64_t nanos) { nanos_.push_back(nanos); }

    /// {"count":…,"mean":…,"p50":…,…,"max":…}, microseconds. Sorts.
    [[nodiscard]] std::string to_json();

private:
    [[nodiscard]] double quantile_us(double share) const;
    std::vector<std::uint64_t> nanos_;
};

struct Report {
    std::uint64_t requests = 0;  // answered whole
    std::uint64_t tokens = 0;
    std::uint64_t bytes = 0;           // read while measured
    std::uint64_t connections = 0;     // opened
    std::uint64_t failed_connect = 0;  // refused or reset while connecting
    std::uint64_t failed_closed = 0;   // before the answer's end
    std::uint64_t failed_status = 0;   // not 200
    std::uint64_t failed_end = 0;      // a stream without [DONE]
    std::uint64_t reused_closed = 0;   // a kept connection closed before any byte: not a failure
    Delays delays;                     // of tokens, or of whole answers

    [[nodiscard]] std::uint64_t failures() const noexcept {
        return failed_connect + failed_closed + failed_status + failed_end;
    }
};

/// One JSON object. `what` the delays are of, `seconds` measured.
[[nodiscard]] std::string to_json(Report& report, const char* what, double seconds);

}  // namespace penstock::bench
