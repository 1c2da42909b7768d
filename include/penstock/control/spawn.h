// Starts a coroutine of the control thread that nobody awaits.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace boost::asio {
class io_context;
}

namespace penstock::control {

/// Runs `task` from the next turn of the loop on. The frame owns what it needs: it holds its state
/// by `shared_ptr` and is ended by closing the sockets and timers in that state. An exception that
/// leaves `task` is a bug and comes out of `control.run()`.
void spawn(boost::asio::io_context& control, boost::asio::awaitable<void> task);

}  // namespace penstock::control
