#include "server/sd_notify.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace penstock::app {
namespace {

TEST(SdNotify, SendsItsStateToTheSocketOfTheEnvironment) {
    const std::string path =
        std::filesystem::temp_directory_path() / ("penstock-notify-" + std::to_string(::getpid()));
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);

    sd_notify("READY=1");

    char text[64] = {};
    EXPECT_EQ(::recv(fd, text, sizeof text, MSG_DONTWAIT), 7);
    EXPECT_STREQ(text, "READY=1");
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd);
    std::filesystem::remove(path);
}

TEST(SdNotify, IsSilentWhereNobodyListens) {
    ::unsetenv("NOTIFY_SOCKET");

    sd_notify("READY=1");
}

TEST(SdNotify, FeedsTheWatchdogTwiceInItsInterval) {
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::unsetenv("WATCHDOG_PID");
    EXPECT_EQ(watchdog_interval(), Millis{1'500});
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(watchdog_interval(), std::nullopt);
    ::unsetenv("WATCHDOG_PID");
    ::unsetenv("WATCHDOG_USEC");
    EXPECT_EQ(watchdog_interval(), std::nullopt);
}

}  // namespace
}  // namespace penstock::app
