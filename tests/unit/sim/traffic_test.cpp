// Recorded and made traffic.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/sim/trace.h"
#include "penstock/sim/workload.h"

namespace penstock::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LineReader reader(std::string text) {
    auto lines = std::make_shared<std::istringstream>(std::move(text));
    return [lines](std::string& line) { return static_cast<bool>(std::getline(*lines, line)); };
}

struct Read {
    std::vector<SimRequest> requests;
    std::vector<std::string> bad;
};

BadLine into(std::vector<std::string>& bad) {
    return [&bad](std::uint64_t number, const std::string& why) {
        bad.push_back(std::to_string(number) + ": " + why);
    };
}

std::vector<SimRequest> all_of(RequestSource& source) {
    std::vector<SimRequest> requests;
    for (SimRequest request; source.next(request);) requests.push_back(request);
    return requests;
}

Read mooncake(std::string text, const TraceOptions& options = {}) {
    Read read;
    MooncakeTrace trace{reader(std::move(text)), options, into(read.bad)};
    read.requests = all_of(trace);
    return read;
}

std::string line(int ms, int input, const std::string& ids) {
    return R"({"timestamp": )" + std::to_string(ms) + R"(, "input_length": )" +
           std::to_string(input) + R"(, "output_length": 5, "hash_ids": [)" + ids + "]}\n";
}

TEST(MooncakeTrace, MooncakeTrace_ReadsWholeBlocksOnly) {
    const Read read = mooncake(line(0, 1030, "7, 8, 9"));

    ASSERT_EQ(read.requests.size(), 1U);
    EXPECT_EQ(read.requests[0].prompt_tokens, 1030U);
    EXPECT_EQ(read.requests[0].output_tokens, 5U);
    EXPECT_THAT(read.requests[0].blocks, ElementsAre(7, 8));
}

TEST(MooncakeTrace, MooncakeTrace_SpreadsOneTimestampUpToTheNext) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += line(5000, 600, "1, 2");
    text += line(8000, 600, "1, 2");

    const Read read = mooncake(text);

    ASSERT_EQ(read.requests.size(), 101U);
    EXPECT_TRUE(std::ranges::is_sorted(read.requests, {}, &SimRequest::at));
    EXPECT_LT(read.requests[10].at, Micros{1'000'000});
    EXPECT_GT(read.requests[90].at, Micros{2'000'000});
    EXPECT_GE(read.requests[100].at, Micros{3'000'000});
}

TEST(MooncakeTrace, MooncakeTrace_IsSpreadOtherwiseByAnotherSeed) {
    const std::string text = line(0, 600, "1") + line(0, 700, "2") + line(3000, 600, "1");

    EXPECT_EQ(mooncake(text).requests, mooncake(text).requests);
    EXPECT_NE(mooncake(text).requests, mooncake(text, {.seed = 2}).requests);
}

TEST(MooncakeTrace, MooncakeTrace_SpeedShrinksTimeAndALimitEndsIt) {
    const std::string text = line(0, 600, "1") + line(4000, 600, "1") + line(8000, 600, "1");

    const Read read = mooncake(text, {.speed = 4, .limit = 2});

    ASSERT_EQ(read.requests.size(), 2U);
    EXPECT_GE(read.requests[1].at, Micros{1'000'000});
    EXPECT_LT(read.requests[1].at, Micros{2'000'000});
}

TEST(MooncakeTrace, MooncakeTrace_TellsBadLinesWithTheirNumberAndGoesOn) {
    const std::string good = line(10, 600, "1");
    const Read read =
        mooncake("nonsense\n" + good + "\n" + line(10, 0, "") + line(10, 600, "1, 2, 3") +
                 line(9, 600, "1") + R"({"timestamp": 11, "input_length": 6, "hash_ids": []})" +
                 "\n" + R"({"input_length": 6, "output_length": 1, "hash_ids": []})" + "\n" +
                 R"({"timestamp": 11, "input_length": 6, "output_length": 1, "hash_ids": ["a"]})" +
                 "\n" + good);

    EXPECT_EQ(read.requests.size(), 2U);
    EXPECT_THAT(read.bad, ElementsAre("1: it is not a JSON object", HasSubstr("4: input_length"),
                                      HasSubstr("5: hash_ids"), HasSubstr("6: timestamp"),
                                      HasSubstr("7: output_length"), HasSubstr("8: timestamp"),
                                      HasSubstr("9: hash_ids")));
}

TEST(MooncakeTrace, MooncakeTrace_ReadsHowTheChainGoesOnThroughTheAnswer) {
    const auto with_answer = [](const std::string& ids, const std::string& answer) {
        return R"({"timestamp": 0, "input_length": 600, "output_length": 1000, "hash_ids": [)" +
               ids + R"(], "answer_ids": )" + answer + "}\n";
    };

    const Read read = mooncake(with_answer("1, 2", "[5, 6]") + with_answer("1, 2", "[5, 6, 7]") +
                               with_answer("", "[5]") + with_answer("1, 2", "[\"a\"]"));

    ASSERT_EQ(read.requests.size(), 1U);
    EXPECT_THAT(read.requests[0].answer_blocks, ElementsAre(5, 6));
    EXPECT_THAT(read.bad, ElementsAre(HasSubstr("2: answer_ids"), HasSubstr("3: answer_ids"),
                                      HasSubstr("4: answer_ids")));
}

std::string access(const char* time, int prompt, int cached, const char* duration) {
    return std::string{R"({"time":")"} + time +
           R"(","request_id":"a","model":"m","prompt_tokens":)" + std::to_string(prompt) +
           R"(,"output_tokens":7,"cached_tokens":)" + std::to_string(cached) +
           R"(,"duration_ms":)" + duration + "}\n";
}

TEST(AccessLogTrace, AccessLogTrace_PutsRequestsInOrderOfArrival) {
    std::vector<std::string> bad;
    AccessLogTrace trace{reader(access("2026-08-01T00:00:02.000Z", 600, 0, "500.000") +
                                access("2026-08-01T00:00:03.000Z", 700, 0, "2500.000")),
                         {},
                         into(bad)};

    const auto requests = all_of(trace);

    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].prompt_tokens, 700U);
    EXPECT_EQ(requests[1].at, Micros{1'000'000});
    EXPECT_EQ(requests[1].output_tokens, 7U);
}

TEST(AccessLogTrace, AccessLogTrace_WhatWasCachedIsCommonToTheModel) {
    std::vector<std::string> bad;
    AccessLogTrace trace{reader(access("2026-08-01T00:00:02.000Z", 1024, 512, "1.000") +
                                access("2026-08-01T00:00:03.000Z", 1024, 512, "1.000")),
                         {},
                         into(bad)};

    const auto requests = all_of(trace);

    ASSERT_EQ(requests.size(), 2U);
    ASSERT_EQ(requests[0].blocks.size(), 4U);
    EXPECT_EQ(requests[0].blocks[1], requests[1].blocks[1]);
    EXPECT_NE(requests[0].blocks[2], requests[1].blocks[2]);
}

TEST(AccessLogTrace, AccessLogTrace_PassesOverOtherLinesAndTellsBadOnes) {
    std::vector<std::string> bad;
    AccessLogTrace trace{
        reader(std::string{R"({"time":"x","message":"started"})"} + "\nnonsense\n" +
               access("2026-13-01T00:00:02.000Z", 10, 0, "1.000") +
               "{\"request_id\":\"a\",\"prompt_tokens\":0}\n"),
        {},
        into(bad)};

    EXPECT_TRUE(all_of(trace).empty());
    EXPECT_THAT(bad, ElementsAre("2: it is not a JSON object", HasSubstr("3: time")));
}

TEST(AccessLogTrace, AccessLogTrace_EstimatesWhatNoEngineCounted) {
    const auto silent = [](std::string_view more) {
        return R"({"time":"2026-08-01T00:00:04.000Z","request_id":"a","model":"m","prompt_tokens":0,)"
               R"("cached_tokens":0,"duration_ms":1,)" +
               std::string{more} + "}\n";
    };
    std::string counted = access("2026-08-01T00:00:02.000Z", 1000, 0, "1.000");
    counted.replace(counted.find("{"), 1, R"({"bytes_in":5000,)");
    std::vector<std::string> bad;
    AccessLogTrace trace{
        reader(counted +
               silent(R"("status":200,"output_tokens":9,"bytes_in":10240,"prompt_blocks":10,)"
                      R"("predicted_blocks":5)") +
               silent(R"("status":200,"output_tokens":0,"bytes_in":5120,"prompt_blocks":5)") +
               silent(R"("status":404,"output_tokens":0,"bytes_in":90,"prompt_blocks":0)") +
               silent(R"("status":200,"output_tokens":0,"bytes_in":90,"prompt_blocks":0)")),
        {},
        into(bad)};

    const auto requests = all_of(trace);

    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[1].prompt_tokens, 2048U);
    EXPECT_EQ(requests[1].output_tokens, 9U);
    ASSERT_EQ(requests[1].blocks.size(), 8U);
    EXPECT_EQ(requests[2].prompt_tokens, 1024U);
    EXPECT_EQ(requests[2].output_tokens, 1U);
    EXPECT_EQ(
        trace.account(),
        "1 with the tokens that the engine counted, 2 estimated by their bytes, since the "
        "engine told no usage (usage = \"inject\" of a route asks for it); left out 1 refused, "
        "failed or cancelled, 1 without a prompt");
    EXPECT_TRUE(bad.empty());
}

TEST(AccessLogTrace, AccessLogTrace_WithoutAnyUsageATokenIsFourBytes) {
    std::vector<std::string> bad;
    AccessLogTrace trace{
        reader(R"({"time":"2026-08-01T00:00:04.000Z","request_id":"a","prompt_tokens":0,)"
               R"("output_tokens":3,"bytes_in":4096,"duration_ms":1})"
               "\n"),
        {},
        into(bad)};

    const auto requests = all_of(trace);

    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].prompt_tokens, 1024U);
}

TEST(AccessLogTrace, AccessLogTrace_IsToldFromATraceByItsFirstLine) {
    EXPECT_TRUE(is_access_log(access("2026-08-01T00:00:02.000Z", 1, 0, "1.000")));
    EXPECT_FALSE(is_access_log(line(0, 600, "1")));
    EXPECT_FALSE(is_access_log("nonsense"));
}

TEST(Workloads, Workloads_AreInOrderAndTheSameForTheSameSeed) {
    for (const WorkloadKind& kind : workload_kinds()) {
        const WorkloadOptions options{.engines = 2, .requests = 2000, .seed = 3};
        const auto one = all_of(*make_workload(kind, options));
        const auto other = all_of(*make_workload(kind, options));
        EXPECT_EQ(one.size(), 2000U) << kind.name;
        EXPECT_EQ(one, other) << kind.name;
        EXPECT_TRUE(std::ranges::is_sorted(one, {}, &SimRequest::at)) << kind.name;
        for (const SimRequest& each : one) {
            EXPECT_EQ(each.blocks.size(), each.prompt_tokens / k_workload_block_tokens);
            EXPECT_EQ(each.blocks.size() + each.answer_blocks.size(),
                      (each.prompt_tokens + each.output_tokens) / k_workload_block_tokens);
            EXPECT_GT(each.output_tokens, 0U);
        }
    }
}

TEST(Workloads, Workloads_ComeAtAboutTheirRate) {
    for (const char* name : {"shared_prompts", "rag", "lora"}) {
        const WorkloadKind& kind = *find_workload(name);
        const auto requests =
            all_of(*make_workload(kind, {.engines = 4, .speed = 2, .requests = 4000}));
        const double seconds = static_cast<double>(requests.back().at.count()) / 1e6;
        EXPECT_NEAR(4000 / seconds / (kind.rate * 8), 1, 0.1) << name;
    }
}

TEST(Workloads, Workloads_ATurnContinuesTheOneBefore) {
    const auto requests =
        all_of(*make_workload(*find_workload("chat"), {.engines = 1, .requests = 3000}));
    std::map<std::uint64_t, SimRequest> before;
    std::size_t continued = 0;
    for (const SimRequest& each : requests) {
        const auto found = before.find(each.session);
        if (found != before.end()) {
            ++continued;
            EXPECT_GE(each.prompt_tokens,
                      found->second.prompt_tokens + found->second.output_tokens);
            std::vector<std::uint64_t> said = found->second.blocks;
            said.insert(said.end(), found->second.answer_blocks.begin(),
                        found->second.answer_blocks.end());
            EXPECT_TRUE(std::ranges::equal(said, std::span{each.blocks}.first(said.size())));
        }
        before[each.session] = each;
    }
    EXPECT_GT(continued, 1000U);
}

TEST(Workloads, Workloads_TheHotPrefixIsInSevenOfTen) {
    const auto requests =
        all_of(*make_workload(*find_workload("hot_prefix"), {.engines = 1, .requests = 4000}));
    const auto hot = std::ranges::count_if(
        requests, [](const SimRequest& each) { return each.prompt_tokens > 16'384; });
    EXPECT_NEAR(static_cast<double>(hot) / 4000, 0.7, 0.03);
}

TEST(Workloads, Workloads_BurstsAreEightTimesAsDense) {
    const auto requests =
        all_of(*make_workload(*find_workload("bursts"), {.engines = 8, .requests = 20'000}));
    std::size_t inside = 0;
    std::size_t outside = 0;
    for (const SimRequest& each : requests) {
        ++(each.at.count() % 60'000'000 < 5'000'000 ? inside : outside);
    }
    // 8 * 5 s against 55 s.
    EXPECT_NEAR(static_cast<double>(inside) / static_cast<double>(outside), 40.0 / 55, 0.1);
}

TEST(Workloads, Workloads_AdaptersDifferInAllTheirBlocks) {
    const auto requests =
        all_of(*make_workload(*find_workload("lora"), {.engines = 1, .requests = 500}));
    std::map<std::uint32_t, std::uint64_t> first_block;
    for (const SimRequest& each : requests) {
        ASSERT_GT(each.adapter, 0U);
        ASSERT_LE(each.adapter, 32U);
        const auto [found, fresh] = first_block.emplace(each.adapter, each.blocks.front());
        EXPECT_EQ(found->second, each.blocks.front());
    }
    std::set<std::uint64_t> distinct;
    for (const auto& [adapter, block] : first_block) distinct.insert(block);
    EXPECT_EQ(distinct.size(), first_block.size());
}

}  // namespace
}  // namespace penstock::sim
