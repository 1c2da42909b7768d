// Written traces: what comes back, and what other readers find in them.
#include "penstock/sim/trace_writer.h"

#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "penstock/sim/trace.h"
#include "penstock/sim/workload.h"

namespace penstock::sim {
namespace {

using Json = nlohmann::json;

std::vector<SimRequest> all_of(RequestSource& source) {
    std::vector<SimRequest> requests;
    for (SimRequest request; source.next(request);) requests.push_back(request);
    return requests;
}

std::vector<SimRequest> made(const char* kind) {
    return all_of(*make_workload(*find_workload(kind), {.engines = 2, .requests = 400}));
}

std::string written(const std::vector<SimRequest>& requests, std::uint32_t block_tokens) {
    TraceWriter writer{block_tokens};
    std::string text;
    for (const SimRequest& each : requests) text += writer.line(each);
    return text;
}

std::vector<SimRequest> read(const std::string& text) {
    auto lines = std::make_shared<std::istringstream>(text);
    MooncakeTrace trace{
        [lines](std::string& line) { return static_cast<bool>(std::getline(*lines, line)); },
        {.block_tokens = trace_block_tokens(text.substr(0, text.find('\n')))},
        [](std::uint64_t number, const std::string& why) {
            ADD_FAILURE() << "line " << number << ": " << why;
        }};
    return all_of(trace);
}

/// Blocks by the order of their coming, times from the first request's.
std::vector<SimRequest> plain(std::vector<SimRequest> requests) {
    std::map<std::uint64_t, std::uint64_t> numbers;
    const Micros first = requests.front().at;
    for (SimRequest& each : requests) {
        each.at -= first;
        for (std::vector<std::uint64_t>* chain : {&each.blocks, &each.answer_blocks}) {
            for (std::uint64_t& block : *chain) {
                block = numbers.try_emplace(block, numbers.size()).first->second;
            }
        }
    }
    return requests;
}

SimRequest request(std::uint32_t prompt, std::vector<std::uint64_t> blocks) {
    return {.prompt_tokens = prompt, .output_tokens = 5, .blocks = std::move(blocks)};
}

TEST(TraceWriter, TraceWriter_WhatWasWrittenComesBack) {
    for (const char* kind : {"chat", "lora", "hot_prefix"}) {
        const std::vector<SimRequest> requests = made(kind);

        const std::vector<SimRequest> back = read(written(requests, k_workload_block_tokens));

        EXPECT_EQ(plain(back), plain(requests)) << kind;
    }
}

TEST(TraceWriter, TraceWriter_ATraceReadAndWrittenAgainStays) {
    const std::string text = written(made("chat"), k_workload_block_tokens);

    EXPECT_EQ(written(read(text), k_workload_block_tokens), text);
}

TEST(TraceWriter, TraceWriter_OtherReadersFindAnIdForEach512TokensBegun) {
    const std::string text =
        written({request(1100, {7, 8, 9, 10}), request(1400, {7, 8, 9, 10, 11})}, 256);

    const Json first = Json::parse(text.substr(0, text.find('\n')));
    const Json second = Json::parse(text.substr(text.find('\n') + 1));
    ASSERT_EQ(first["hash_ids"].size(), 3U);
    ASSERT_EQ(second["hash_ids"].size(), 3U);
    EXPECT_EQ(first["hash_ids"][0], second["hash_ids"][0]);
    EXPECT_EQ(first["hash_ids"][1], second["hash_ids"][1]);
    EXPECT_NE(first["hash_ids"][2], second["hash_ids"][2]);  // nobody shares a part of a block
}

TEST(TraceWriter, TraceWriter_BlocksOf512TokensNeedNothingMore) {
    const std::string text = written({request(1100, {7, 8})}, 512);

    EXPECT_EQ(text, R"({"timestamp":0,"input_length":1100,"output_length":5,"hash_ids":[0,1,2]})"
                    "\n");
}

TEST(TraceWriter, TraceWriter_BlockSizesOfOneTraceAreAlike) {
    const std::string text =
        written({request(600, {1, 2})}, 256) + written({request(600, {1})}, 512);
    auto lines = std::make_shared<std::istringstream>(text);
    std::vector<std::string> bad;
    MooncakeTrace trace{
        [lines](std::string& line) { return static_cast<bool>(std::getline(*lines, line)); },
        {.block_tokens = 256},
        [&bad](std::uint64_t /*number*/, const std::string& why) { bad.push_back(why); }};

    EXPECT_EQ(all_of(trace).size(), 1U);
    EXPECT_THAT(bad, testing::ElementsAre(testing::HasSubstr("block_tokens")));
}

TEST(TraceWriter, TraceWriter_ABlockSizeThatIsNoDivisorOf512CountsAs512) {
    EXPECT_EQ(trace_block_tokens(R"({"block_tokens": 128})"), 128U);
    EXPECT_EQ(trace_block_tokens(R"({"block_tokens": 100})"), 512U);
    EXPECT_EQ(trace_block_tokens(R"({"block_tokens": 0})"), 512U);
    EXPECT_EQ(trace_block_tokens("nonsense"), 512U);
}

}  // namespace
}  // namespace penstock::sim
