// For loops that also carry Asio's operations (control thread, simulated engines): Asio runs, and
// our poller is one descriptor that it watches. Workers do without.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "loop_impl.h"

namespace penstock::net {

class AsioBridge {
public:
    explicit AsioBridge(Loop::Impl& loop);
    ~AsioBridge();
    AsioBridge(const AsioBridge&) = delete;
    AsioBridge& operator=(const AsioBridge&) = delete;

    boost::asio::io_context context;

private:
    void watch();

    Loop::Impl& loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        context.get_executor()};
    boost::asio::posix::stream_descriptor poller_{context};
};

}  // namespace penstock::net
