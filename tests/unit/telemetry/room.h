// A directory of a test's own, gone with it, and a named pipe in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace penstock::telemetry {

class Room {
public:
    Room() {
        std::string pattern = testing::TempDir() + "/penstock-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~Room() { std::filesystem::remove_all(path_); }
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }
    [[nodiscard]] std::string text(const std::string& name) const {
        std::ifstream stream{path_ / name};
        std::ostringstream text;
        text << stream.rdbuf();
        return std::move(text).str();
    }

private:
    std::filesystem::path path_;
};

/// The reading end of a named pipe.
class PipeReader {
public:
    explicit PipeReader(const std::string& path) {
        ::mkfifo(path.c_str(), 0600);
        fd_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    ~PipeReader() { close(); }
    PipeReader(const PipeReader&) = delete;
    PipeReader& operator=(const PipeReader&) = delete;

    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    /// What is in it now.
    [[nodiscard]] std::string drain() {
        std::string text;
        char buffer[4096];
        for (ssize_t got = 0; (got = ::read(fd_, buffer, sizeof buffer)) > 0;) {
            text.append(buffer, static_cast<std::size_t>(got));
        }
        return text;
    }

private:
    int fd_ = -1;
};

}  // namespace penstock::telemetry
