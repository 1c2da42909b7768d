#include "discovered.h"

#include <algorithm>
#include <utility>

namespace penstock::monitor {

bool Discovered::learn(std::vector<std::string> addresses) {
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    if (addresses.empty() || addresses == addresses_) return false;
    addresses_ = std::move(addresses);
    return true;
}

}  // namespace penstock::monitor
