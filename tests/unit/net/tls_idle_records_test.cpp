// What a peer may send that brings no data (`TlsRecordBudget`).
#include <gtest/gtest.h>

#include "penstock/telemetry/metrics.h"
#include "tls_stream.h"
#include "tls_transport_bench.h"

namespace penstock::net {
namespace {

using namespace test_tls;

class TlsIdleRecords : public ByHandTest {
protected:
    void SetUp() override {
        ByHandTest::SetUp();
        loop.count_in(metrics);
        registry.add(metrics);
    }
    void update_keys(std::size_t times, int answers = SSL_KEY_UPDATE_NOT_REQUESTED) {
        for (std::size_t n = 0; n < times; ++n) {
            SSL_key_update(peer.ssl(), answers);
            peer.shake();
        }
        wire.send(peer.outgoing());
    }
    [[nodiscard]] bool counted() const {
        return registry.expose().find("penstock_tls_floods_total 1") != std::string::npos;
    }
    static constexpr std::size_t k_most = TlsRecordBudget::k_idle_records;

    telemetry::WorkerMetrics metrics;
    telemetry::Registry registry;
};

TEST_F(TlsIdleRecords, AreTakenAsManyAsMayBeNeeded) {
    update_keys(k_most);
    wire.send(peer.seal("after all"));
    test::turn(loop);

    EXPECT_EQ(read_all(), "after all");
    EXPECT_EQ(last, IoState::would_block);
    EXPECT_FALSE(counted());
}

TEST_F(TlsIdleRecords, EndTheConnectionWhenTheyAreMore) {
    update_keys(k_most + 1);
    wire.send(peer.seal("too late"));
    test::turn(loop);

    EXPECT_EQ(read_all(), "");
    EXPECT_EQ(last, IoState::failed);
    EXPECT_EQ(transport->try_read().state, IoState::failed);
    const std::string_view piece = "x";
    EXPECT_LT(transport->try_write({&piece, 1}), 0);
    EXPECT_TRUE(counted());
}

TEST_F(TlsIdleRecords, OfAFloodAreNotWorkedThrough) {
    constexpr std::size_t k_many = 500;       // all of them fit in what TLS reads ahead
    constexpr std::size_t k_answer_max = 64;  // bytes
    update_keys(k_many, SSL_KEY_UPDATE_REQUESTED);
    test::turn(loop);

    EXPECT_EQ(read_all(), "");
    wire.read();
    EXPECT_LE(wire.received().size(), (k_most + 1) * k_answer_max);
}

TEST_F(TlsIdleRecords, EndAnIdleConnectionToo) {
    update_keys(k_most + 2);

    EXPECT_FALSE(transport->quiet());
    EXPECT_FALSE(transport->quiet());
    EXPECT_TRUE(counted());
}

TEST_F(TlsIdleRecords, AreForgivenByData) {
    for (int round = 0; round < 4; ++round) {
        update_keys(k_most);
        wire.send(peer.seal(text_of(TlsRecordBudget::k_record_price * k_most)));
        test::turn(loop);
        EXPECT_EQ(read_all().size(), TlsRecordBudget::k_record_price * k_most) << round;
    }
}

TEST_F(TlsIdleRecords, AreNotForgivenByALittleData) {
    for (int round = 0; round < 2; ++round) {
        update_keys(k_most);
        wire.send(peer.seal("x"));
        test::turn(loop);
        read_all();
    }

    EXPECT_EQ(last, IoState::failed);
}

}  // namespace
}  // namespace penstock::net
