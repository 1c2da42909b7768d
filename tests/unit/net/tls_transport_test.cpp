#include <gtest/gtest.h>

#include "penstock/net/await.h"
#include "tls_transport_bench.h"

namespace penstock::net {
namespace {

using namespace test_tls;

class Note final : public Waiter {
public:
    void wake() noexcept override { ++woken; }
    int woken = 0;
};

class TlsTransport : public ByHandTest {
protected:
    using ByHandTest::ByHandTest;
    Note note;
};

TEST_F(TlsTransport, WouldBlockWhileNothingHasCome) {
    EXPECT_EQ(transport->try_read().state, IoState::would_block);
    EXPECT_TRUE(transport->quiet());
}

TEST_F(TlsTransport, GivesWhatHasCome) {
    wire.send(peer.seal("hello"));
    test::turn(loop);

    EXPECT_EQ(read_all(), "hello");
    EXPECT_EQ(last, IoState::would_block);
}

TEST_F(TlsTransport, GivesSeveralRecordsInOneRead) {
    std::string sealed;
    for (const char* part : {"one ", "two ", "three"}) sealed += peer.seal(part);
    wire.send(sealed);
    test::turn(loop);

    EXPECT_EQ(transport->try_read().bytes, "one two three");
}

TEST_F(TlsTransport, GivesARecordOnlyWhenItIsWhole) {
    const std::string sealed = peer.seal("hello");
    for (const char& byte : sealed) {
        EXPECT_EQ(read_all(), "");
        wire.send({&byte, 1});
        test::turn(loop);
    }

    EXPECT_EQ(read_all(), "hello");
}

TEST_F(TlsTransport, AsksTheKernelNoMoreOnceItGaveLessThanItCould) {
    wire.send(peer.seal("one"));
    test::turn(loop);
    EXPECT_EQ(transport->try_read().bytes, "one");
    wire.send(peer.seal("two"));

    EXPECT_EQ(transport->try_read().state, IoState::would_block);  // the poller has not told yet

    test::turn(loop);
    EXPECT_EQ(transport->try_read().bytes, "two");
}

TEST_F(TlsTransport, AsksTheKernelNoMoreAfterAPartOfARecordEither) {
    const std::string sealed = peer.seal("hello");
    wire.send(std::string_view{sealed}.substr(0, 9));
    test::turn(loop);
    EXPECT_EQ(transport->try_read().state, IoState::would_block);
    wire.send(std::string_view{sealed}.substr(9));

    EXPECT_EQ(transport->try_read().state, IoState::would_block);  // the poller has not told yet

    test::turn(loop);
    EXPECT_EQ(transport->try_read().bytes, "hello");
}

TEST_F(TlsTransport, WakesAReaderForEachPartAndGivesNothingBefore) {
    const std::string sealed = peer.seal("hello");
    EXPECT_EQ(read_all(), "");
    transport->when_readable(&note);
    wire.send(std::string_view{sealed}.substr(0, 7));
    ASSERT_TRUE(test::run_until(loop, [&] { return note.woken == 1; }));
    EXPECT_EQ(transport->try_read().state, IoState::would_block);
    transport->when_readable(&note);
    test::turn(loop);
    EXPECT_EQ(note.woken, 1);

    wire.send(std::string_view{sealed}.substr(7));

    ASSERT_TRUE(test::run_until(loop, [&] { return note.woken == 2; }));
    EXPECT_EQ(read_all(), "hello");
}

TEST_F(TlsTransport, WakesAReaderAtOnceWhileTlsHoldsMore) {
    // More than the loop's buffer, so that the last of it stays in TLS's own.
    const std::string all = text_of(Loop::k_read_buffer + 1000);
    const std::string sealed = peer.seal(all);
    std::size_t sent = 0;
    std::string got;
    while (got.size() < Loop::k_read_buffer) {
        const ssize_t count = ::send(wire.fd(), sealed.data() + sent, sealed.size() - sent, 0);
        if (count > 0) sent += static_cast<std::size_t>(count);
        test::turn(loop);
        const ReadBytes read = transport->try_read();
        got += read.bytes;
        if (sent == sealed.size() && read.state == IoState::bytes) break;
    }
    ASSERT_EQ(sent, sealed.size());
    while (got.size() < all.size()) {
        note.woken = 0;
        transport->when_readable(&note);
        ASSERT_TRUE(test::run_until(loop, [&] { return note.woken == 1; }));
        got += transport->try_read().bytes;
    }

    EXPECT_EQ(got, all);
}

TEST_F(TlsTransport, WritesPiecesInOrder) {
    const std::string_view pieces[] = {"ab", "", "cd", "e"};

    EXPECT_EQ(transport->try_write(pieces), 5);

    EXPECT_EQ(peer_reads(), "abcde");
}

TEST_F(TlsTransport, WritesNothingOutOfNothing) {
    const std::string_view pieces[] = {"", ""};

    EXPECT_EQ(transport->try_write(pieces), 0);
    EXPECT_EQ(transport->try_write({}), 0);
    wire.read();
    EXPECT_EQ(wire.received(), "");
}

TEST_F(TlsTransport, WritesMoreThanARecordFromPiecesOfAllSizes) {
    const std::string all = text_of(100'000);
    std::vector<std::string_view> pieces;
    std::string_view rest = all;
    for (std::size_t size = 1; !rest.empty(); size = size * 3 + 1) {
        pieces.push_back(rest.substr(0, size));
        rest.remove_prefix(pieces.back().size());
    }

    EXPECT_EQ(transport->try_write(pieces), 100'000);

    EXPECT_EQ(peer_reads(), all);
}

TEST_F(TlsTransport, EndsWithThePeersCloseNotify) {
    SSL_shutdown(peer.ssl());
    wire.send(peer.outgoing());
    test::turn(loop);

    EXPECT_EQ(read_all(), "");
    EXPECT_EQ(last, IoState::end);
    EXPECT_EQ(transport->try_read().state, IoState::end);
    EXPECT_FALSE(transport->quiet());
    EXPECT_TRUE(transport->peer_gone());
}

TEST_F(TlsTransport, GivesWhatCameBeforeTheEnd) {
    const std::string words = peer.seal("last words");
    SSL_shutdown(peer.ssl());
    wire.send(words + peer.outgoing());
    wire.close();
    test::turn(loop);

    EXPECT_EQ(read_all(), "last words");
    EXPECT_EQ(last, IoState::end);
}

TEST_F(TlsTransport, StillWritesToAPeerThatHasSaidGoodbye) {
    SSL_shutdown(peer.ssl());
    wire.send(peer.outgoing());
    test::turn(loop);
    read_all();
    const std::string_view piece = "answer";

    EXPECT_EQ(transport->try_write({&piece, 1}), 6);

    EXPECT_EQ(peer_reads(), "answer");
}

TEST_F(TlsTransport, TakesAClientsFinForTheEnd) {
    wire.shut_down_write();
    test::turn(loop);

    EXPECT_EQ(transport->try_read().state, IoState::end);
    const std::string_view piece = "answer";
    EXPECT_EQ(transport->try_write({&piece, 1}), 6);
    EXPECT_EQ(peer_reads(), "answer");
}

TEST_F(TlsTransport, TakesAClientsFinForTheEndOfAnIncompleteRecordToo) {
    const std::string sealed = peer.seal("cut off");
    wire.send(std::string_view{sealed}.substr(0, 10));
    wire.close();
    test::turn(loop);

    EXPECT_EQ(read_all(), "");
    EXPECT_NE(last, IoState::would_block);
}

TEST_F(TlsTransport, FailsOnARecordThatWasTamperedWith) {
    std::string sealed = peer.seal("hello");
    sealed[sealed.size() / 2] = static_cast<char>(sealed[sealed.size() / 2] ^ 1);
    wire.send(peer.seal("before ") + sealed);
    test::turn(loop);

    read_all();
    EXPECT_EQ(last, IoState::failed);
    EXPECT_EQ(transport->try_read().state, IoState::failed);
    const std::string_view piece = "x";
    EXPECT_LT(transport->try_write({&piece, 1}), 0);
}

TEST_F(TlsTransport, FailsToWriteToAPeerThatHasGone) {
    wire.close();
    const std::string_view piece = "x";

    EXPECT_LT(transport->try_write({&piece, 1}), 0);
    EXPECT_LT(transport->try_write({&piece, 1}), 0);
}

TEST_F(TlsTransport, SaysGoodbyeBeforeItsFin) {
    const std::string_view piece = "bye";
    EXPECT_EQ(transport->try_write({&piece, 1}), 3);
    transport->shut_down_write();

    EXPECT_EQ(peer_reads(), "bye");
    EXPECT_EQ(SSL_get_shutdown(peer.ssl()), SSL_RECEIVED_SHUTDOWN);
    EXPECT_TRUE(wire.ended());
}

TEST_F(TlsTransport, ReadsOnAfterItsFin) {
    transport->shut_down_write();
    wire.send(peer.seal("more"));
    test::turn(loop);

    EXPECT_EQ(read_all(), "more");
}

TEST_F(TlsTransport, SaysGoodbyeWhenItCloses) {
    transport.reset();

    EXPECT_EQ(peer_reads(), "");
    EXPECT_EQ(SSL_get_shutdown(peer.ssl()), SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsTransport, AbortsWithoutAWord) {
    transport->abort();
    wire.read();

    EXPECT_EQ(wire.received(), "");
    EXPECT_FALSE(transport->open());
}

TEST_F(TlsTransport, IsNotQuietOnceDataHasCome) {
    wire.send(peer.seal("x"));

    EXPECT_FALSE(transport->quiet());
    EXPECT_EQ(read_all(), "x");
    EXPECT_TRUE(transport->quiet());
}

TEST_F(TlsTransport, IsNotQuietOnceThePeerHasEnded) {
    wire.close();

    EXPECT_FALSE(transport->quiet());
}

TEST_F(TlsTransport, StaysQuietOverAKeyUpdate) {
    SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
    peer.shake();
    wire.send(peer.outgoing());

    EXPECT_TRUE(transport->quiet());

    const std::string_view piece = "under new keys";
    EXPECT_EQ(transport->try_write({&piece, 1}), 14);
    EXPECT_EQ(peer_reads(), "under new keys");
}

class TlsTransport12 : public TlsTransport {
protected:
    TlsTransport12() : TlsTransport{0, TLS1_2_VERSION} {}
};

TEST_F(TlsTransport12, CarriesBothWays) {
    wire.send(peer.seal("ping"));
    test::turn(loop);
    EXPECT_EQ(read_all(), "ping");
    const std::string_view piece = "pong";
    EXPECT_EQ(transport->try_write({&piece, 1}), 4);

    EXPECT_EQ(peer_reads(), "pong");
}

TEST_F(TlsTransport12, RefusesToRenegotiate) {
    SSL_renegotiate(peer.ssl());
    peer.shake();
    wire.send(peer.outgoing());
    test::turn(loop);
    EXPECT_EQ(read_all(), "");

    wire.read();
    peer.incoming(wire.take());
    EXPECT_FALSE(peer.shake());
    EXPECT_EQ(SSL_version(peer.ssl()), TLS1_2_VERSION);
}

/// Two transports, so that waiting happens on both sides.
class TlsTransfer : public testing::Test, protected Sides {
protected:
    explicit TlsTransfer(int buffer = 8 * 1024) : ends{buffer} {}
    void SetUp() override {
        ends.shake(server_tls, client_tls);
        ASSERT_TRUE(ends.good());
    }

    /// Sends all of it as a caller does: what was not taken is kept and offered again.
    Task<void> send(Transport& to, std::string all, std::size_t at_once) {
        std::string_view rest = all;
        std::string kept;
        while (!rest.empty() || !kept.empty()) {
            const std::string_view fresh = rest.substr(0, at_once);
            const std::string_view pieces[] = {kept, fresh.substr(0, fresh.size() / 3),
                                               fresh.substr(fresh.size() / 3)};
            const std::ptrdiff_t taken = to.try_write(pieces);
            if (taken < 0) co_return;
            rest.remove_prefix(fresh.size());
            const auto count = static_cast<std::size_t>(taken);
            const std::string offered = kept + std::string{fresh};
            kept = offered.substr(count);
            if (kept.empty()) continue;
            ++waits;
            const bool woken =
                co_await within(ends.loop, Millis{30'000},
                                [&to](Waiter* waiter) noexcept { to.when_writable(waiter); });
            if (!woken) co_return;
        }
    }

    Ends ends;
    int waits = 0;
};

TEST_F(TlsTransfer, CarriesMuchInSmallWritesAgainstAFullKernel) {
    const std::string all = text_of(300'000);
    Task<void> sending = send(*ends.server, all, 700);
    sending.start([](void*) {}, nullptr);

    EXPECT_EQ(ends.read(*ends.client, all.size()), all);
    EXPECT_TRUE(sending.done());
    EXPECT_GT(waits, 0);
}

TEST_F(TlsTransfer, CarriesMuchInLargeWritesAgainstAFullKernel) {
    const std::string all = text_of(2'000'000);
    Task<void> sending = send(*ends.client, all, 50'000);
    sending.start([](void*) {}, nullptr);

    EXPECT_EQ(ends.read(*ends.server, all.size()), all);
    EXPECT_TRUE(sending.done());
    EXPECT_GT(waits, 0);
}

TEST_F(TlsTransfer, CarriesBothWaysAtTheSameTime) {
    const std::string up = text_of(400'000);
    const std::string down = text_of(500'000);
    Task<void> client_sends = send(*ends.client, up, 40'000);
    Task<void> server_sends = send(*ends.server, down, 9'000);
    client_sends.start([](void*) {}, nullptr);
    server_sends.start([](void*) {}, nullptr);
    std::string at_server;
    std::string at_client;

    EXPECT_TRUE(test::run_until(ends.loop, [&] {
        at_server += ends.server->try_read().bytes;
        at_client += ends.client->try_read().bytes;
        return at_server.size() >= up.size() && at_client.size() >= down.size();
    }));

    EXPECT_EQ(at_server, up);
    EXPECT_EQ(at_client, down);
}

TEST_F(TlsTransfer, CountsOnlyRecordsThatTheKernelHasWhole) {
    const std::string all = text_of(200'000);
    const std::string_view piece = all;
    const std::ptrdiff_t taken = ends.server->try_write({&piece, 1});
    ASSERT_GE(taken, 0);
    ASSERT_LT(taken, 200'000);
    EXPECT_EQ(taken % (16 * 1024), 0);
    Note note;
    ends.server->when_writable(&note);
    test::turn(ends.loop);
    EXPECT_EQ(note.woken, 0);

    EXPECT_EQ(ends.read(*ends.client, static_cast<std::size_t>(taken)),
              all.substr(0, static_cast<std::size_t>(taken)));
    ASSERT_TRUE(test::run_until(ends.loop, [&] { return note.woken == 1; }));
}

TEST_F(TlsTransfer, TakesAServersFinWithoutAWordForAnAttack) {
    const std::string_view piece = "half of it";
    EXPECT_EQ(ends.server->try_write({&piece, 1}), 10);
    EXPECT_EQ(ends.read(*ends.client, piece.size()), piece);
    ::shutdown(ends.server->fd(), SHUT_WR);

    ends.read(*ends.client, 1);

    EXPECT_EQ(ends.last, IoState::failed);
}

TEST_F(TlsTransfer, TakesAServersGoodbyeForTheEnd) {
    ends.server->shut_down_write();

    ends.read(*ends.client, 1);

    EXPECT_EQ(ends.last, IoState::end);
}

TEST_F(TlsTransfer, StaysQuietOverUnreadSessionTickets) {
    // The server's tickets lie there since the handshake, and nobody has read.
    EXPECT_TRUE(ends.client->quiet());
    EXPECT_TRUE(ends.client->quiet());
}

TEST(PlainTransport, HasNoFactsOfTls) {
    Loop loop;
    const test::SocketPair pair = test::socket_pair();
    const Transport transport{loop, pair.ours};

    EXPECT_FALSE(transport.encrypted());
    EXPECT_EQ(transport.alpn(), "");
}

}  // namespace
}  // namespace penstock::net
