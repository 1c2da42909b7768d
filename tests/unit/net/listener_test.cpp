#include "penstock/net/listener.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "penstock/net/loop.h"
#include "penstock/net/transport.h"
#include "socket_pair.h"

namespace penstock::net {
namespace {

/// A client's connection to what a listener has bound.
test::Peer connect_to(const std::string& local_address) {
    if (local_address.starts_with("unix:")) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        local_address.copy(name.sun_path, sizeof name.sun_path - 1, 5);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
        return test::Peer{fd};
    }
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(
        static_cast<std::uint16_t>(std::stoul(local_address.substr(local_address.rfind(':') + 1))));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    return test::Peer{fd};
}

/// A directory for a unix socket, gone with the test.
class ScratchDirectory {
public:
    ScratchDirectory() { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
    ~ScratchDirectory() {
        ::unlink(socket().substr(5).c_str());
        ::rmdir(path_.c_str());
    }
    std::string socket() const { return "unix:" + path_ + "/s"; }

private:
    std::string path_ = "/tmp/penstock-test-XXXXXX";
};

TEST(BindListener, FindsOnePortForAllWorkers) {
    const auto bound = bind_listener("127.0.0.1:0", 3);

    ASSERT_TRUE(bound.has_value());
    ASSERT_EQ(bound->fds.size(), 3U);
    for (const int fd : bound->fds) EXPECT_EQ(local_name(fd), bound->local_address);
    EXPECT_FALSE(bound->local_address.ends_with(":0"));
    close(*bound);
}

TEST(BindListener, RefusesAnAddressInUse) {
    const auto first = bind_listener("127.0.0.1:0", 1);
    ASSERT_TRUE(first.has_value());

    const auto second = bind_listener(first->local_address, 1);

    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code(), ErrorCode::io_failed);
    EXPECT_NE(second.error().detail().find(first->local_address), std::string_view::npos);
    close(*first);
}

TEST(BindListener, SharesThePortOfAListenerThatLeaves) {
    const auto first = bind_listener("127.0.0.1:0", 1);
    ASSERT_TRUE(first.has_value());
    const std::string port = first->local_address.substr(first->local_address.rfind(':'));
    const std::vector<std::string> leaving{"unix:/s", first->local_address};

    for (const char* host : {"127.0.0.1", "0.0.0.0", "localhost"}) {
        const auto second = bind_listener(host + port, 2, leaving);
        ASSERT_TRUE(second.has_value()) << host;
        close(*second);
    }
    close(*first);
}

TEST(BindListener, SharesNoPortOfAnotherListener) {
    const auto first = bind_listener("127.0.0.1:0", 1);
    const auto other = bind_listener("127.0.0.1:0", 1);
    ASSERT_TRUE(first.has_value());
    ASSERT_TRUE(other.has_value());
    const std::vector<std::string> leaving{other->local_address};

    const auto second = bind_listener(first->local_address, 1, leaving);

    EXPECT_FALSE(second.has_value());
    close(*first);
    close(*other);
}

TEST(BindListener, RefusesWhatIsNoAddress) {
    for (const char* address : {"", "localhost", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1",
                                "127.0.0.1:65536", "127.0.0.1:99999999999", "unix:"}) {
        const auto bound = bind_listener(address, 1);
        ASSERT_FALSE(bound.has_value()) << address;
        EXPECT_EQ(bound.error().code(), ErrorCode::invalid_value) << address;
    }
}

TEST(BindListener, BindsAUnixSocketForAllWorkers) {
    const ScratchDirectory scratch;

    const auto bound = bind_listener(scratch.socket(), 2);

    ASSERT_TRUE(bound.has_value());
    EXPECT_EQ(bound->fds.size(), 2U);
    EXPECT_EQ(bound->local_address, scratch.socket());
    close(*bound);
}

TEST(BindListener, RefusesAPathThatIsOneByteTooLong) {
    const std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
    const ScratchDirectory scratch;

    const auto bound = bind_listener("unix:/" + std::string(most, 'x'), 1);

    ASSERT_FALSE(bound.has_value());
    EXPECT_EQ(bound.error().code(), ErrorCode::invalid_value);
}

TEST(BindListener, ReplacesASocketThatADeadProcessLeftBehind) {
    const ScratchDirectory scratch;
    const auto first = bind_listener(scratch.socket(), 1);
    ASSERT_TRUE(first.has_value());
    close(*first);

    const auto second = bind_listener(scratch.socket(), 1);

    ASSERT_TRUE(second.has_value());
    close(*second);
}

TEST(BindListener, RefusesAUnixSocketThatIsServed) {
    const ScratchDirectory scratch;
    const auto first = bind_listener(scratch.socket(), 1);
    ASSERT_TRUE(first.has_value());

    const auto second = bind_listener(scratch.socket(), 1);

    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code(), ErrorCode::io_failed);
    close(*first);
}

class AcceptorTest : public testing::Test {
protected:
    void listen_on(const std::string& address) {
        auto result = bind_listener(address, 1);
        ASSERT_TRUE(result.has_value());
        bound = *result;
        acceptor = std::make_unique<Acceptor>(
            loop, bound.fds[0], [this](Transport transport) { take(std::move(transport)); });
    }
    void take(Transport transport) {
        if (++taken == fault_at) throw std::runtime_error{"no room"};
        accepted.push_back(std::move(transport));
    }

    Loop loop;
    BoundListener bound;
    int taken = 0;
    int fault_at = 0;  // counted from 1; 0: none
    std::vector<Transport> accepted;
    std::unique_ptr<Acceptor> acceptor;
};

TEST_F(AcceptorTest, AcceptsOneAfterTheOther) {
    listen_on("127.0.0.1:0");
    const test::Peer first = connect_to(bound.local_address);
    ASSERT_TRUE(test::run_until(loop, [this] { return accepted.size() == 1; }));

    const test::Peer second = connect_to(bound.local_address);

    EXPECT_TRUE(test::run_until(loop, [this] { return accepted.size() == 2; }));
    EXPECT_EQ(peer_name(accepted[0].fd()), local_name(first.fd()));
}

TEST_F(AcceptorTest, AcceptsOnAUnixSocket) {
    const ScratchDirectory scratch;
    listen_on(scratch.socket());

    const test::Peer client = connect_to(bound.local_address);

    EXPECT_TRUE(test::run_until(loop, [this] { return accepted.size() == 1; }));
}

TEST_F(AcceptorTest, AcceptsAllThatIsQueuedBeforeItCloses) {
    const ScratchDirectory scratch;
    listen_on(scratch.socket());
    std::vector<test::Peer> clients;
    for (int i = 0; i < 150; ++i) clients.push_back(connect_to(bound.local_address));

    acceptor->drain_and_close();

    EXPECT_EQ(accepted.size(), 150U);
    acceptor->drain_and_close();  // stays closed
}

TEST_F(AcceptorTest, ClosesAConnectionThatCouldNotBeTaken) {
    const ScratchDirectory scratch;
    listen_on(scratch.socket());
    fault_at = 1;
    test::Peer client = connect_to(bound.local_address);
    ::fcntl(client.fd(), F_SETFL, O_NONBLOCK);

    EXPECT_THROW(static_cast<void>(test::run_until(loop, [] { return false; })),
                 std::runtime_error);

    EXPECT_TRUE(test::run_until(loop, [&client] { return !client.read(); }));
}

TEST_F(AcceptorTest, AcceptsThoseBehindOneThatCouldNotBeTaken) {
    const ScratchDirectory scratch;
    listen_on(scratch.socket());
    fault_at = 100;  // not by an event: in a later turn, of which the poller does not tell
    std::vector<test::Peer> clients;
    for (int i = 0; i < 150; ++i) clients.push_back(connect_to(bound.local_address));

    EXPECT_THROW(static_cast<void>(test::run_until(loop, [] { return false; })),
                 std::runtime_error);

    EXPECT_TRUE(test::run_until(loop, [this] { return taken == 150; }));
    EXPECT_EQ(accepted.size(), 149U);
}

TEST_F(AcceptorTest, AcceptsNothingOnceDestroyed) {
    listen_on("127.0.0.1:0");
    const test::Peer client = connect_to(bound.local_address);

    acceptor.reset();
    test::turn(loop);

    EXPECT_TRUE(accepted.empty());
}

}  // namespace
}  // namespace penstock::net
