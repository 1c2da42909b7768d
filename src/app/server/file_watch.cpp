#include "file_watch.h"

#include <array>
#include <filesystem>

#include <sys/inotify.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "penstock/net/loop.h"

namespace penstock::app {

struct FileWatch::Impl {
    Impl(net::Loop& loop, const std::string& file, std::function<void()> callback)
        : changed{std::move(callback)}, descriptor{loop.context()}, debounce{loop}, poll{loop} {
        poll.set(k_poll, look_hook);
        const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (fd < 0) return;  // the slow look stays
        descriptor.assign(fd);
        add(file);
        read();
    }

    // A directory that is watched already is watched once.
    void add(const std::string& file) {
        if (!descriptor.is_open()) return;
        const std::filesystem::path directory = std::filesystem::absolute(file).parent_path();
        ::inotify_add_watch(
            descriptor.native_handle(), directory.c_str(),
            IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB);
    }

    void read() {
        descriptor.async_read_some(boost::asio::buffer(events),
                                   [this](const auto& error, std::size_t) {
                                       if (error) return;
                                       debounce.set(k_debounce, look_hook);
                                       read();
                                   });
    }

    void look() {
        poll.set(k_poll, look_hook);
        changed();
    }

    std::function<void()> changed;
    std::array<char, 4096> events{};
    boost::asio::posix::stream_descriptor descriptor;
    net::Timer debounce;
    net::Timer poll;
    Hook<Impl, &Impl::look> look_hook{*this};
};

FileWatch::FileWatch(net::Loop& loop, const std::string& file, std::function<void()> changed)
    : impl_{std::make_unique<Impl>(loop, file, std::move(changed))} {}

FileWatch::~FileWatch() = default;

void FileWatch::add(const std::string& file) {
    impl_->add(file);
}

}  // namespace penstock::app
