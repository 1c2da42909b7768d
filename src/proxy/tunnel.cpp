// WebSocket and its like: after a 101 both directions are opaque bytes.
#include <algorithm>

#include "steps.h"

namespace penstock::proxy {

bool wants_tunnel(const Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    const std::vector<std::string>& allowed = exchange.route->upgrades;
    if (allowed.empty() || !head.fields.has(http::FieldName::upgrade)) return false;
    if (head.version != http::Version::http_1_1 || head.framing != http::Framing::none)
        return false;
    const auto connection = head.fields.find(http::FieldName::connection);
    if (!connection || !http::list_has(*connection, "upgrade")) return false;
    // One protocol, by its name: what else a list holds nobody has allowed.
    const auto wanted = head.fields.find(http::FieldName::upgrade);
    return head.fields.count(http::FieldName::upgrade) == 1 &&
           std::ranges::any_of(allowed, [&](const std::string& each) {
               return http::equal_no_case(each, *wanted);
           });
}

}  // namespace penstock::proxy
