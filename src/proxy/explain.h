// The steps of a request that is only asked about.
#pragma once

#include "penstock/http/stream.h"
#include "penstock/proxy/worker.h"

namespace penstock::proxy {

/// Answers a request with where it would go (see explanation_json.h), always with 200: that it
/// would be refused is told in the document.
class ExplainHandler final : public http::Handler {
public:
    explicit ExplainHandler(Worker& worker) noexcept : worker_{worker} {}
    Task<void> handle(http::ServerStream& client) override;

private:
    Worker& worker_;
};

}  // namespace penstock::proxy
