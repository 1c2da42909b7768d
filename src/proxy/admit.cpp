#include "route.h"
#include "steps.h"

namespace penstock::proxy {

std::optional<Error> admit(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    const Generation& generation = *exchange.generation;
    if (ambiguous_path(head.path())) {
        return Error{ErrorCode::bad_request, "the path has empty, dot or encoded segments"};
    }
    if (!generation.keys.off() && !generation.keys.admits(head))
        return Error{ErrorCode::unauthorized};
    exchange.route = match_route(generation, head, nullptr);
    if (exchange.route == nullptr) {
        return Error{ErrorCode::not_found, "no route serves " +
                                               std::string{http::name(head.method)} + " " +
                                               std::string{head.path().substr(0, 256)}};
    }
    exchange.record.route = exchange.route->name;
    return std::nullopt;
}

}  // namespace penstock::proxy
