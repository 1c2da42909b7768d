// Names to addresses on the control thread, without blocking it: getaddrinfo runs in Asio's own
// thread, one lookup after another.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "penstock/base/error.h"
#include "penstock/base/units.h"

namespace boost::asio {
class io_context;
}

namespace penstock::control {

class Resolver {
public:
    explicit Resolver(boost::asio::io_context& control);
    ~Resolver();  // as `cancel`
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// All A and AAAA addresses of `host`, sorted, each once; a literal is its own answer. One at a
    /// time. Errors: connect_failed with the resolver's words, connect_timeout, shutting_down
    /// (cancelled). A lookup that is given up goes on in its thread; its answer is dropped.
    [[nodiscard]] boost::asio::awaitable<Result<std::vector<boost::asio::ip::address>>> resolve(
        std::string host, Millis timeout);

    /// The lookup under way ends with shutting_down.
    void cancel() noexcept;

    struct Lookup;  // private

private:
    boost::asio::io_context& control_;
    std::shared_ptr<Lookup> lookup_;
};

}  // namespace penstock::control
