// Requests that a test has written down.
#pragma once

#include <utility>
#include <vector>

#include "penstock/sim/request.h"

namespace penstock::sim::test {

class Given final : public RequestSource {
public:
    Given(std::vector<SimRequest> requests, std::uint32_t block_tokens)
        : requests_{std::move(requests)}, block_tokens_{block_tokens} {}
    bool next(SimRequest& out) override {
        if (at_ == requests_.size()) return false;
        out = requests_[at_++];
        return true;
    }
    [[nodiscard]] std::uint32_t block_tokens() const noexcept override { return block_tokens_; }

private:
    std::vector<SimRequest> requests_;
    std::uint32_t block_tokens_;
    std::size_t at_ = 0;
};

}  // namespace penstock::sim::test
