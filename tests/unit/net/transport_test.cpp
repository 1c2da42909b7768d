#include "penstock/net/transport.h"

#include <functional>
#include <optional>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "socket_pair.h"

namespace penstock::net {
namespace {

class Note final : public Waiter {
public:
    void wake() noexcept override {
        ++woken;
        if (then) then();
    }
    int woken = 0;
    std::function<void()> then;
};

class TransportTest : public testing::Test {
protected:
    explicit TransportTest(int buffer = 0) {
        test::SocketPair pair = test::socket_pair(buffer);
        peer = std::move(pair.peer);
        transport.emplace(loop, pair.ours);
    }
    /// Waits until `note` is woken by what the peer did.
    void wait() {
        transport->when_readable(&note);
        ASSERT_TRUE(test::run_until(loop, [this] { return note.woken > 0; }));
        note.woken = 0;
    }
    std::string read_all() {
        std::string all;
        for (ReadBytes read = transport->try_read(); read.state == IoState::bytes;
             read = transport->try_read()) {
            all += read.bytes;
        }
        return all;
    }

    Loop loop;
    test::Peer peer;
    std::optional<Transport> transport;
    Note note;
};

TEST_F(TransportTest, WouldBlockWhileNothingHasCome) {
    EXPECT_EQ(transport->try_read().state, IoState::would_block);
}

TEST_F(TransportTest, GivesWhatHasComeAtOnce) {
    peer.send("hello");

    EXPECT_EQ(read_all(), "hello");
}

TEST_F(TransportTest, WakesAndGivesWhatCameMeanwhile) {
    transport->when_readable(&note);
    peer.send("hello");
    test::turn(loop, 0);
    EXPECT_EQ(note.woken, 0);

    wait();

    EXPECT_EQ(read_all(), "hello");
    EXPECT_EQ(transport->try_read().state, IoState::would_block);
}

TEST_F(TransportTest, GivesInOrderWhatIsMoreThanItsOwnBuffer) {
    peer.send("0123456789abcdefghij");

    wait();

    EXPECT_EQ(read_all(), "0123456789abcdefghij");
}

TEST_F(TransportTest, GivesExactlyABufferful) {
    peer.send("01234567");

    wait();

    EXPECT_EQ(read_all(), "01234567");
}

TEST_F(TransportTest, TellsTheEndAgainAndAgain) {
    peer.send("x");
    peer.close();

    wait();
    EXPECT_EQ(read_all(), "x");
    wait();

    EXPECT_EQ(transport->try_read().state, IoState::end);
    EXPECT_EQ(transport->try_read().state, IoState::end);
}

TEST_F(TransportTest, DoesNotWakeAReaderThatWasTakenBack) {
    transport->when_readable(&note);

    transport->when_readable(nullptr);
    peer.send("x");
    test::turn(loop);

    EXPECT_EQ(note.woken, 0);
    EXPECT_EQ(read_all(), "x");
}

TEST_F(TransportTest, WakesAReaderForBytesThatAreHereAlready) {
    transport->when_readable(&note);
    transport->when_readable(nullptr);
    peer.send("x");
    test::turn(loop);

    transport->when_readable(&note);
    EXPECT_EQ(note.woken, 0);
    test::turn(loop);

    EXPECT_EQ(note.woken, 1);
    EXPECT_EQ(read_all(), "x");
}

TEST_F(TransportTest, DoesNotWakeAReaderTakenBackBeforeItsTurn) {
    transport->when_readable(&note);
    transport->when_readable(nullptr);
    peer.send("x");
    test::turn(loop);
    transport->when_readable(&note);  // its wake is queued

    transport->when_readable(nullptr);
    test::turn(loop);

    EXPECT_EQ(note.woken, 0);
}

TEST_F(TransportTest, DoesNotWakeAReaderWhenDestroyedBeforeItsTurn) {
    transport->when_readable(&note);
    transport->when_readable(nullptr);
    peer.send("x");
    test::turn(loop);
    transport->when_readable(&note);

    transport.reset();
    test::turn(loop);

    EXPECT_EQ(note.woken, 0);
}

TEST_F(TransportTest, IsSilentWhenDestroyedWhileArmed) {
    transport->when_readable(&note);
    transport->when_writable(&note);

    transport.reset();
    peer.send("x");
    test::turn(loop);

    EXPECT_EQ(note.woken, 0);
    peer.read();
    EXPECT_TRUE(peer.ended());
}

TEST_F(TransportTest, MayBeDestroyedByTheReaderItWakes) {
    note.then = [this] { transport.reset(); };
    transport->when_readable(&note);
    peer.send("x");

    ASSERT_TRUE(test::run_until(loop, [this] { return note.woken > 0; }));
    test::turn(loop);

    EXPECT_EQ(note.woken, 1);
}

TEST_F(TransportTest, MayBeDestroyedByTheWriterItWakes) {
    note.then = [this] { transport.reset(); };
    transport->when_writable(&note);

    ASSERT_TRUE(test::run_until(loop, [this] { return note.woken > 0; }));
    test::turn(loop);

    EXPECT_EQ(note.woken, 1);
}

TEST_F(TransportTest, WritesPiecesInOrder) {
    const std::string_view pieces[] = {"ab", "", "cd", "e"};

    EXPECT_EQ(transport->try_write(pieces), 5);

    peer.read();
    EXPECT_EQ(peer.received(), "abcde");
}

TEST_F(TransportTest, TakesNoMoreThanTheKernelAndWakesWhenThereIsRoom) {
    const std::string block(1 << 16, 'x');
    const std::string_view piece = block;
    std::size_t sent = 0;
    for (std::ptrdiff_t taken = 1; taken > 0;) {
        taken = transport->try_write({&piece, 1});
        ASSERT_GE(taken, 0);
        sent += static_cast<std::size_t>(taken);
    }
    transport->when_writable(&note);
    test::turn(loop);
    EXPECT_EQ(note.woken, 0);

    peer.read();

    ASSERT_TRUE(test::run_until(loop, [this] { return note.woken > 0; }));
    EXPECT_EQ(peer.received().size(), sent);
    EXPECT_GT(transport->try_write({&piece, 1}), 0);
}

TEST_F(TransportTest, FailsToWriteToAPeerThatHasGone) {
    peer.close();
    const std::string_view piece = "x";

    EXPECT_LT(transport->try_write({&piece, 1}), 0);
}

TEST_F(TransportTest, TouchesNobodyElsesSocketOnceClosed) {
    transport->close();
    const test::SocketPair next = test::socket_pair();  // likely with the same numbers
    const std::string_view piece = "x";
    EXPECT_TRUE(next.peer.send("secret"));

    EXPECT_LT(transport->try_write({&piece, 1}), 0);
    EXPECT_NE(transport->try_read().state, IoState::bytes);
    EXPECT_FALSE(transport->open());
    ::close(next.ours);
}

TEST_F(TransportTest, IsQuietOnlyWhileNothingComes) {
    EXPECT_TRUE(transport->quiet());
    peer.send("x");
    EXPECT_FALSE(transport->quiet());
    EXPECT_EQ(read_all(), "x");
    EXPECT_TRUE(transport->quiet());
    peer.close();
    EXPECT_FALSE(transport->quiet());
}

TEST_F(TransportTest, IsNotQuietWithBytesInItsOwnBuffer) {
    transport->when_readable(&note);
    peer.send("x");
    ASSERT_TRUE(test::run_until(loop, [this] { return note.woken > 0; }));

    EXPECT_FALSE(transport->quiet());
}

TEST_F(TransportTest, NoticesThatThePeerHasShutDown) {
    EXPECT_FALSE(transport->peer_gone());

    peer.shut_down_write();

    EXPECT_TRUE(transport->peer_gone());
}

TEST_F(TransportTest, SendsTheEndAfterWhatWasWritten) {
    const std::string_view piece = "bye";
    EXPECT_EQ(transport->try_write({&piece, 1}), 3);

    transport->shut_down_write();

    peer.read();
    EXPECT_EQ(peer.received(), "bye");
    EXPECT_TRUE(peer.ended());
}

TEST_F(TransportTest, NamesAUnixPeer) {
    EXPECT_EQ(peer_name(transport->fd()), "unix");
}

}  // namespace
}  // namespace penstock::net
