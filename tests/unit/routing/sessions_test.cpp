#include "penstock/routing/sessions.h"

#include <gtest/gtest.h>

#include "rendezvous.h"
#include "sheets.h"

namespace penstock::routing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class SessionsTest : public testing::Test {
protected:
    [[nodiscard]] std::optional<fleet::Slot> find(std::uint64_t session,
                                                  TimePoint when = TimePoint{}) const {
        return sessions.find(session, when, ttl);
    }

    Millis ttl{60'000};
    TimePoint start{hours{1000}};
    Sessions sessions{12345};
};

TEST_F(SessionsTest, NobodyIsKnownAtFirst) {
    EXPECT_FALSE(find(1, start));
    EXPECT_FALSE(find(0, start));
}

TEST_F(SessionsTest, TheLastOneCounts) {
    sessions.remember(7, 3, start);
    sessions.remember(8, 4, start);
    sessions.remember(7, 4095, start);

    EXPECT_EQ(find(7, start), 4095U);
    EXPECT_EQ(find(8, start), 4U);
    EXPECT_FALSE(find(9, start));
}

TEST_F(SessionsTest, AQuietSessionIsForgottenAfterItsTime) {
    sessions.remember(7, 3, start);

    EXPECT_EQ(find(7, start + seconds{60}), 3U);
    EXPECT_FALSE(find(7, start + seconds{61}));
}

TEST_F(SessionsTest, EachRequestBeginsItsTimeAnew) {
    sessions.remember(7, 3, start);
    sessions.remember(7, 3, start + seconds{50});

    EXPECT_EQ(find(7, start + seconds{110}), 3U);
}

TEST_F(SessionsTest, SecondsMayTurnOver) {
    ttl = Sessions::k_ttl_max;
    const seconds turn{(1 << 20) - 1};
    for (const seconds begin : {turn - seconds{1}, turn, 3 * turn - seconds{5}}) {
        sessions.remember(7, 3, TimePoint{begin});
        EXPECT_EQ(find(7, TimePoint{begin + seconds{10}}), 3U);
        EXPECT_EQ(find(7, TimePoint{begin} + ttl), 3U);
        EXPECT_FALSE(find(7, TimePoint{begin} + ttl + seconds{1}));
    }
}

TEST_F(SessionsTest, ABackendThatIsForgottenIsNobodysHome) {
    sessions.remember(7, 3, start);
    sessions.remember(8, 4, start);

    sessions.forget(3);

    EXPECT_FALSE(find(7, start));
    EXPECT_EQ(find(8, start), 4U);
    sessions.remember(7, 3, start);
    EXPECT_EQ(find(7, start), 3U);
}

TEST_F(SessionsTest, AHomeIsTakenBackWhereItIsStillTheHome) {
    sessions.remember(7, 3, start);
    sessions.remember(8, 3, start);

    sessions.forget(7, 4);
    EXPECT_EQ(find(7, start), 3U);
    sessions.forget(7, 3);

    EXPECT_FALSE(find(7, start));
    EXPECT_EQ(find(8, start), 3U);
}

TEST_F(SessionsTest, ThousandsAreKeptAndRecentOnesOutlastOlderOnes) {
    constexpr std::uint64_t k_many = Sessions::k_entries / 4;
    constexpr std::uint64_t k_odd = 0xD1B54A32D192ED03ULL;  // spreads as hashes do
    for (std::uint64_t i = 1; i <= k_many; ++i) sessions.remember(i * k_odd, 5, start);
    std::uint64_t kept = 0;

    for (std::uint64_t i = 1; i <= k_many; ++i) kept += find(i * k_odd, start) ? 1U : 0U;

    EXPECT_GT(kept, k_many * 99 / 100);
    for (std::uint64_t i = 1; i <= 2 * Sessions::k_entries; ++i)
        sessions.remember((i + k_many) * k_odd, 6, start + seconds{1});
    EXPECT_EQ(find((k_many + 2 * Sessions::k_entries) * k_odd, start + seconds{1}), 6U);
}

TEST_F(SessionsTest, AnotherSaltPutsThemElsewhere) {
    Sessions other{999};
    other.remember(7, 3, start);

    EXPECT_EQ(other.find(7, start, ttl), 3U);
    EXPECT_FALSE(find(7, start));
}

class PriceMoves : public testing::Test {
protected:
    [[nodiscard]] std::vector<float> prices(std::optional<fleet::Slot> slot, float foreign = 0) {
        for (fleet::SheetRow& row : sheet) row.move_price = 0;
        price_moves(input, {.slot = slot, .worth = 0.5F}, foreign, sheet);
        std::vector<float> prices;
        for (const fleet::SheetRow& row : sheet) prices.push_back(row.move_price);
        return prices;
    }
    Input input{.session = 77};
    std::vector<fleet::SheetRow> sheet = test::idle_sheet(3);
};

TEST_F(PriceMoves, AllButTheHomeHaveThePrice) {
    EXPECT_EQ(prices(1), (std::vector<float>{0.5F, 0, 0.5F}));
}

TEST_F(PriceMoves, AnUnknownOrUnfitHomeCostsNothing) {
    sheet[1].unfit = fleet::k_unhealthy;

    EXPECT_EQ(prices(1), (std::vector<float>(3)));
    EXPECT_EQ(prices(9), (std::vector<float>(3)));
    EXPECT_EQ(prices(std::nullopt), (std::vector<float>(3)));
}

TEST_F(PriceMoves, WithoutASessionThereIsNoPrice) {
    input.session = 0;

    EXPECT_EQ(prices(1, 1), (std::vector<float>(3)));
}

TEST_F(PriceMoves, OfANewSessionOtherProxiesAgree) {
    const std::uint32_t common = rendezvous(77, sheet, 2);

    const std::vector<float> half = prices(std::nullopt, 0.5F);

    for (std::uint32_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(half[i], i == common ? 0 : 0.375F);
    EXPECT_EQ(prices(std::nullopt, 0.2F), (std::vector<float>(3)));
    EXPECT_FLOAT_EQ(prices(std::nullopt, 1)[(common + 1) % 3], 0.45F);
}

TEST_F(PriceMoves, AKnownHomeIsWorthMoreThanWhatOthersWouldChoose) {
    const std::uint32_t other = (rendezvous(77, sheet, 2) + 1) % 3;

    EXPECT_EQ(prices(other, 1)[other], 0);
}

}  // namespace
}  // namespace penstock::routing
