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

TEST(SampleNews, SeesNoRestartInCountersThatGrow) {
    EXPECT_FALSE(compare(sample(100, 10, 5), sample(100, 11, 5)).restarted);
}

TEST(SampleNews, SeesARestartInAnotherStartTime) {
    EXPECT_TRUE(compare(sample(100, 10, 5), sample(160, 20, 9)).restarted);
}

TEST(SampleNews, ForgivesAStartTimeThatWobbles) {
    EXPECT_FALSE(compare(sample(100, 10, 5), sample(101.5, 10, 5)).restarted);
    EXPECT_TRUE(compare(sample(100, 10, 5), sample(101.6, 10, 5)).restarted);
}

TEST(SampleNews, SeesARestartInCountersThatFall) {
    EXPECT_TRUE(compare(sample(100, 10, 5), sample(100, 9, 5)).restarted);
    EXPECT_TRUE(compare(sample(100, 10, 5), sample(100, 10, 4)).restarted);
}

TEST(SampleNews, SeesNoRestartInWhatIsNotTold) {
    EXPECT_FALSE(compare(sample(100, 10, 5), fleet::LoadSample{}).restarted);
    EXPECT_FALSE(compare(fleet::LoadSample{}, sample(100, 10, 5)).restarted);
    EXPECT_FALSE(compare(std::nullopt, sample(100, 10, 5)).restarted);
}

TEST(SampleNews, TellsTheCapacityWhenItIsLearnedOrChanges) {
    fleet::LoadSample small;
    small.kv_tokens = 1'000;
    fleet::LoadSample large;
    large.kv_tokens = 2'000;

    EXPECT_EQ(compare(std::nullopt, small).capacity, 1'000);
    EXPECT_EQ(compare(fleet::LoadSample{}, small).capacity, 1'000);
    EXPECT_EQ(compare(small, large).capacity, 2'000);
    EXPECT_EQ(compare(small, small).capacity, std::nullopt);
    EXPECT_EQ(compare(small, fleet::LoadSample{}).capacity, std::nullopt);
}

}  // namespace
}  // namespace penstock::monitor
