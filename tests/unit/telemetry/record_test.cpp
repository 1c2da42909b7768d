#include "penstock/telemetry/record.h"

#include <set>

#include <gtest/gtest.h>

namespace penstock::telemetry {
namespace {

TEST(Outcome, HasANameOfItsOwnForEachValue) {
    std::set<std::string_view> names;

    for (auto outcome = 0; outcome <= static_cast<int>(Outcome::broken); ++outcome) {
        names.insert(name(static_cast<Outcome>(outcome)));
    }

    EXPECT_EQ(names.size(), 7U);
    EXPECT_FALSE(names.contains(""));
}

TEST(Outcome, IsNamedAsInTheAccessLog) {
    EXPECT_EQ(name(Outcome::ok), "ok");
    EXPECT_EQ(name(Outcome::client_gone), "client_gone");
    EXPECT_EQ(name(Outcome::broken), "broken");
}

}  // namespace
}  // namespace penstock::telemetry
