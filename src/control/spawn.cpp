#include "penstock/control/spawn.h"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace penstock::control {

void spawn(boost::asio::io_context& control, boost::asio::awaitable<void> task) {
    boost::asio::co_spawn(control, std::move(task), [](const std::exception_ptr& problem) {
        if (problem) std::rethrow_exception(problem);
    });
}

}  // namespace penstock::control
