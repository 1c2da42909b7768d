// The proxy: one more `http::Handler`. Its source tells the life of a request on one screen.
#pragma once

#include "penstock/http/stream.h"
#include "penstock/proxy/worker.h"

namespace penstock::proxy {

class ProxyHandler final : public http::Handler {
public:
    explicit ProxyHandler(Worker& worker) noexcept : worker_{worker} {}
    Task<void> handle(http::ServerStream& client) override;
    void refused(const http::RefusedRequest& request) override;

private:
    Worker& worker_;
};

}  // namespace penstock::proxy
