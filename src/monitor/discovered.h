// The addresses last found under a name. Pure.
#pragma once

#include <string>
#include <vector>

namespace penstock::monitor {

class Discovered {
public:
    /// Takes an answer, in any order and with repetitions; true when it says another set than the
    /// last. An empty answer is none.
    bool learn(std::vector<std::string> addresses);

    /// Sorted, each once.
    [[nodiscard]] const std::vector<std::string>& addresses() const noexcept { return addresses_; }

private:
    std::vector<std::string> addresses_;
};

}  // namespace penstock::monitor
