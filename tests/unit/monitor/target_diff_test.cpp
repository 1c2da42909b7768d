#include "target_diff.h"

#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::monitor {

static std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    return out << verdict.slot << ":" << static_cast<int>(verdict.fate);
}

namespace {

using testing::ElementsAre;
using Targets = std::vector<Target>;

Target target(fleet::Slot slot, const std::string& host = "engine") {
    Target made;
    made.backend.slot = slot;
    made.backend.url = "http://" + host;
    made.backend.address.host = host;
    return made;
}

TEST(TargetDiff, FindsWhoStaysComesAndLeaves) {
    const auto verdicts =
        compare_targets(Targets{target(1), target(2)}, Targets{target(3), target(2)});

    EXPECT_THAT(verdicts, ElementsAre(Verdict{1, Fate::left}, Verdict{2, Fate::same},
                                      Verdict{3, Fate::fresh}));
}

TEST(TargetDiff, TakesAnotherServerInASlotForFresh) {
    const auto verdicts = compare_targets(Targets{target(1, "a")}, Targets{target(1, "b")});

    EXPECT_THAT(verdicts, ElementsAre(Verdict{1, Fate::fresh}));
}

TEST(TargetDiff, TakesAnotherEngineForFresh) {
    Target other = target(1);
    other.options.engine = fleet::Engine::sglang;

    EXPECT_THAT(compare_targets(Targets{target(1)}, Targets{other}),
                ElementsAre(Verdict{1, Fate::fresh}));
}

TEST(TargetDiff, RetunesAServerThatIsVerifiedOtherwise) {
    Target other = target(1);
    other.backend.tls.server_name = "another";

    EXPECT_THAT(compare_targets(Targets{target(1)}, Targets{other}),
                ElementsAre(Verdict{1, Fate::retuned}));
}

TEST(TargetDiff, RetunesTheSameServerWithOtherOptions) {
    Target slower = target(1);
    slower.options.metrics_interval = Millis{500};

    EXPECT_THAT(compare_targets(Targets{target(1)}, Targets{slower}),
                ElementsAre(Verdict{1, Fate::retuned}));
}

TEST(TargetDiff, LeavesTheSameWhoOnlyWeighsDifferently) {
    Target heavier = target(1);
    heavier.backend.weight = 2;
    heavier.backend.labels["zone"] = "b";

    EXPECT_THAT(compare_targets(Targets{target(1)}, Targets{heavier}),
                ElementsAre(Verdict{1, Fate::same}));
}

TEST(TargetDiff, HasNothingToSayOfNobody) {
    EXPECT_TRUE(compare_targets({}, {}).empty());
}

}  // namespace
}  // namespace penstock::monitor
