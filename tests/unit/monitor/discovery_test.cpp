#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "discovered.h"
#include "penstock/monitor/monitor.h"
#include "scripted_server.h"

namespace penstock::monitor {
namespace {

using testing::ElementsAre;

TEST(Discovered, SortsAndDropsRepetitions) {
    Discovered known;

    EXPECT_TRUE(known.learn({"10.0.0.2", "10.0.0.1", "10.0.0.2"}));

    EXPECT_THAT(known.addresses(), ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST(Discovered, SeesNoChangeInAnotherOrder) {
    Discovered known;
    known.learn({"10.0.0.1", "10.0.0.2"});

    EXPECT_FALSE(known.learn({"10.0.0.2", "10.0.0.1"}));
}

TEST(Discovered, SeesWhoComesAndWhoGoes) {
    Discovered known;
    known.learn({"10.0.0.1"});

    EXPECT_TRUE(known.learn({"10.0.0.1", "10.0.0.2"}));
    EXPECT_TRUE(known.learn({"10.0.0.2"}));
}

TEST(Discovered, KeepsTheLastGoodAnswer) {
    Discovered known;
    known.learn({"10.0.0.1"});

    EXPECT_FALSE(known.learn({}));

    EXPECT_THAT(known.addresses(), ElementsAre("10.0.0.1"));
}

TEST(Discovery, TellsTheAddressesOnce) {
    boost::asio::io_context io;
    std::vector<std::vector<std::string>> told;
    const Discovery discovery{
        io,
        "127.0.0.1",
        Millis{1},
        {.changed = [&told](const auto& addresses) { told.push_back(addresses); }, .failed = {}}};

    // Past the first answer and into the second.
    for (int turn = 0; turn < 3; ++turn) io.run_one();

    EXPECT_THAT(told, ElementsAre(ElementsAre("127.0.0.1")));
}

TEST(Discovery, EndsWhenItIsDestroyedInItsOwnCallback) {
    boost::asio::io_context io;
    std::optional<Discovery> discovery;
    discovery.emplace(io, "127.0.0.1", Millis{1'000},
                      DiscoveryHooks{.changed = [&discovery](const auto&) { discovery.reset(); },
                                     .answered = {},
                                     .failed = {}});

    io.run();

    EXPECT_FALSE(discovery);
}

}  // namespace
}  // namespace penstock::monitor
