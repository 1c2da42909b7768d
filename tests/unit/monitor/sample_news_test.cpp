#include "sample_news.h"

#include <gtest/gtest.h>

namespace penstock::monitor {
namespace {

fleet::LoadSample sample(double start_time, double queries, double hits) {
    fleet::LoadSample made;
    made.start_time = start_time;
    made.cache_queries = queries;
    made.cache_hits = hits;
    return made;
}

/// What the last of these samples tells, one after the other.
SampleNews last_of(std::initializer_list<fleet::LoadSample> samples) {
    SampleHistory history;
    SampleNews news;
    for (const fleet::LoadSample& each : samples) news = history.take(each);
    return news;
}

bool restarted(const fleet::LoadSample& before, const fleet::LoadSample& now) {
    return last_of({before, now}).restarted;
}

const fleet::LoadSample k_nothing;

TEST(SampleNews, SeesNoRestartInCountersThatGrow) {
    EXPECT_FALSE(restarted(sample(100, 10, 5), sample(100, 11, 5)));
}

TEST(SampleNews, SeesARestartInAnotherStartTime) {
    EXPECT_TRUE(restarted(sample(100, 10, 5), sample(160, 20, 9)));
}

TEST(SampleNews, ForgivesAStartTimeThatWobbles) {
    EXPECT_FALSE(restarted(sample(100, 10, 5), sample(101.5, 10, 5)));
    EXPECT_TRUE(restarted(sample(100, 10, 5), sample(101.6, 10, 5)));
}

TEST(SampleNews, SeesARestartInCountersThatFall) {
    EXPECT_TRUE(restarted(sample(100, 10, 5), sample(100, 9, 5)));
    EXPECT_TRUE(restarted(sample(100, 10, 5), sample(100, 10, 4)));
}

TEST(SampleNews, SeesNoRestartInTheFirstSampleNorInAPageThatLeavesThingsOut) {
    EXPECT_FALSE(last_of({sample(100, 10, 5)}).restarted);
    EXPECT_FALSE(restarted(k_nothing, sample(100, 10, 5)));
    EXPECT_FALSE(restarted(sample(100, 10, 5), k_nothing));
    EXPECT_FALSE(last_of({sample(100, 10, 5), k_nothing, sample(100, 10, 5)}).restarted);
}

TEST(SampleNews, RemembersOverAPageThatLeavesThingsOut) {
    EXPECT_TRUE(last_of({sample(100, 10, 5), k_nothing, sample(160, 20, 9)}).restarted);
    EXPECT_TRUE(last_of({sample(100, 10, 5), k_nothing, sample(100, 9, 5)}).restarted);
}

// Labelled counters are not there before their first count.
TEST(SampleNews, SeesARestartInCountersThatStayAway) {
    EXPECT_FALSE(last_of({sample(100, 10, 5), k_nothing, k_nothing}).restarted);
    EXPECT_TRUE(last_of({sample(100, 10, 5), k_nothing, k_nothing, k_nothing}).restarted);
}

TEST(SampleNews, SeesOneRestartOnce) {
    const auto gone = {sample(100, 10, 5), k_nothing, k_nothing, k_nothing};
    SampleHistory history;
    int restarts = 0;
    for (const fleet::LoadSample& each : gone) restarts += history.take(each).restarted ? 1 : 0;
    for (int page = 0; page < 10; ++page) restarts += history.take(k_nothing).restarted ? 1 : 0;

    restarts += history.take(sample(100, 2, 0)).restarted ? 1 : 0;

    EXPECT_EQ(restarts, 1);
}

TEST(SampleNews, TellsTheCapacityWhenItIsLearnedOrChanges) {
    fleet::LoadSample small;
    small.kv_tokens = 1'000;
    fleet::LoadSample large;
    large.kv_tokens = 2'000;

    EXPECT_EQ(last_of({small}).capacity, 1'000);
    EXPECT_EQ(last_of({k_nothing, small}).capacity, 1'000);
    EXPECT_EQ(last_of({small, large}).capacity, 2'000);
    EXPECT_EQ(last_of({small, small}).capacity, std::nullopt);
    fleet::LoadSample with_host = small;
    with_host.kv_host_tokens = 500;
    EXPECT_EQ(last_of({small, with_host}).capacity, 1'500) << "what the host keeps is cached too";
    EXPECT_EQ(last_of({small, k_nothing}).capacity, std::nullopt);
    EXPECT_EQ(last_of({small, k_nothing, small}).capacity, std::nullopt);
}

}  // namespace
}  // namespace penstock::monitor
