// The requests of a load: prompts that share beginnings, as those of real clients do, and are yet
// all different.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "settings.h"

namespace penstock::bench {

class Prompts {
public:
    explicit Prompts(const LoadSettings& settings);

    /// The next request as HTTP/1.1, until the next call.
    [[nodiscard]] std::string_view next();
    /// How much of a request is its head; the rest is the body.
    [[nodiscard]] std::size_t head_size() const noexcept { return head_size_; }
    /// Requests so far.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    std::vector<std::string> requests_;  // one for each beginning, ready but for its end
    std::size_t head_size_ = 0;          // the same in all, as the next
    std::size_t number_at_ = 0;          // where a number stands, to make each different
    std::uint64_t count_ = 0;
};

}  // namespace penstock::bench
