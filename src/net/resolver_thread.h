// getaddrinfo blocks, so a thread of its own does it: one per loop, made by the first look-up.
#pragma once

#include <functional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace penstock::net {

/// Ended by its loop. A look-up that hangs delays the others, and the loop's end.
class ResolverThread {
public:
    ResolverThread();
    ~ResolverThread();
    ResolverThread(const ResolverThread&) = delete;
    ResolverThread& operator=(const ResolverThread&) = delete;

    void post(std::function<void()> look_up);

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        context_.get_executor()};
    std::thread thread_;
};

}  // namespace penstock::net
