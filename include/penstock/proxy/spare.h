// Memory that one request of a worker leaves for the next, so that a usual request allocates next
// to nothing. Thread: the worker's.
#pragma once

#include <string>
#include <vector>

#include "penstock/engine/inspect.h"
#include "penstock/http/head.h"
#include "penstock/proxy/inspect_thread.h"

namespace penstock::proxy {

struct Spare {
    std::string body;
    engine::RequestFacts facts;
    std::vector<Chain> chains;
    // Of the head that is being made; the codec has taken it when the call returns.
    http::RequestHead upstream_head;
    http::ResponseHead downstream_head;
    std::string text;

    /// A body longer than this is not worth keeping.
    static constexpr std::size_t k_body_max = 128 * 1024;
};

}  // namespace penstock::proxy
