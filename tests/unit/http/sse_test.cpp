#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/http/sse.h"
#include "tests/support/sse_reference.h"

namespace penstock::http {
namespace {

using support::facts_of;
using support::read_sse;
using support::SseFacts;

/// The facts of `text`, which must be the same whole, and split at every byte.
SseFacts scan(const std::string& text) {
    SseScanner whole;
    whole.feed(text);
    const SseFacts facts = facts_of(whole);
    for (std::size_t split = 0; split <= text.size(); split += text.size() > 4000 ? 97 : 1) {
        SseScanner scanner;
        scanner.feed(std::string_view{text}.substr(0, split));
        scanner.feed(std::string_view{text}.substr(split));
        EXPECT_EQ(facts_of(scanner), facts) << "split at " << split;
    }
    SseScanner bytewise;
    for (const char c : text) bytewise.feed({&c, 1});
    EXPECT_EQ(facts_of(bytewise), facts) << "byte by byte";
    return facts;
}

TEST(SseScanner, CountsEventsWithData) {
    EXPECT_EQ(scan("data: a\n\ndata: b\n\n").events, 2U);
    EXPECT_EQ(scan("data:a\n\n").events, 1U);
    EXPECT_EQ(scan("data:\n\n").events, 1U);
}

TEST(SseScanner, DoesNotCountWhatHasNoData) {
    EXPECT_EQ(scan("\n\n\n").events, 0U);
    EXPECT_EQ(scan(": ping\n\n").events, 0U);
    EXPECT_EQ(scan("event: ping\nid: 3\nretry: 10\n\n").events, 0U);
    EXPECT_EQ(scan("data: [DONE]\n\n").events, 0U);
    EXPECT_EQ(scan("database: x\n\n").events, 0U);
    EXPECT_EQ(scan(" data: x\n\n").events, 0U);
}

TEST(SseScanner, CountsAnEventOnlyAtItsEmptyLine) {
    EXPECT_EQ(scan("data: a").events, 0U);
    EXPECT_EQ(scan("data: a\n").events, 0U);
    EXPECT_EQ(scan("data: a\n\n").events, 1U);
}

bool sees_token(std::string_view text) {
    SseScanner whole;
    whole.feed(text);
    SseScanner bytewise;
    for (const char c : text) bytewise.feed({&c, 1});
    EXPECT_EQ(whole.saw_token(), bytewise.saw_token()) << text;
    return whole.saw_token();
}

TEST(SseScanner, TakesAnEventWithDataForAToken) {
    EXPECT_TRUE(sees_token("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"));
    EXPECT_TRUE(sees_token("event: response.output_text.delta\ndata: {}\n\n"));
    EXPECT_TRUE(sees_token("event: content_block_delta\ndata: {}\n\n"));
    EXPECT_TRUE(sees_token("data: {\"type\":\"response.output_text.delta\"}\n\n"));
    EXPECT_TRUE(sees_token("data: {\"type\":\"response.reasoning_text.delta\"}\n\n"));
    EXPECT_TRUE(sees_token("data: {\"type\":\"content_block_delta\"}\n\n"));
    EXPECT_FALSE(sees_token("data: {\"choices\":[]}\n"));  // not ended
}

TEST(SseScanner, DoesNotTakeWhatComesBeforeTheFirstTokenForOne) {
    for (const std::string_view name :
         {"ping", "message_start", "content_block_start", "response.created", "response.queued",
          "response.in_progress", "response.output_item.added", "response.content_part.added"}) {
        const std::string named = "event: " + std::string{name} + "\ndata: {}\n\n";
        const std::string typed = "data: {\"type\":\"" + std::string{name} + "\",\"x\":1}\n\n";
        EXPECT_FALSE(sees_token(named)) << name;
        EXPECT_FALSE(sees_token(typed)) << name;
        EXPECT_FALSE(sees_token("data: {\"type\": \"" + std::string{name} + "\", \"x\": 1}\n\n"))
            << name;
        EXPECT_TRUE(sees_token(named + typed + "data: {\"type\":\"x.delta\"}\n\n")) << name;
    }
    EXPECT_FALSE(sees_token(":\n\n: ping\n\nevent: ping\n\ndata: [DONE]\n\n"));
    EXPECT_FALSE(sees_token("data: {\"error\":{}}\n\n"));
    EXPECT_FALSE(sees_token("event: error\ndata: {}\n\n"));
}

TEST(SseScanner, CountsSeveralDataLinesAsOneEvent) {
    EXPECT_EQ(scan("data: a\ndata: b\n: comment\ndata: c\n\n").events, 1U);
}

TEST(SseScanner, KnowsAllThreeLineEnds) {
    EXPECT_EQ(scan("data: a\r\n\r\ndata: b\r\n\r\n").events, 2U);
    EXPECT_EQ(scan("data: a\r\rdata: b\r\r").events, 2U);
    EXPECT_EQ(scan("data: a\n\r\ndata: b\r\n\n").events, 2U);
    EXPECT_EQ(scan("data: a\r\n").events, 0U);
}

TEST(SseScanner, SeesTheEndOfTheStream) {
    EXPECT_TRUE(scan("data: [DONE]\n\n").done);
    EXPECT_TRUE(scan("data:[DONE]\r\n\r\n").done);
    EXPECT_TRUE(scan("event: message_stop\ndata: {}\n\n").done);
    EXPECT_FALSE(scan("data: [DONE]").done);
    EXPECT_FALSE(scan("data: [DONE] \n\n").done);
    EXPECT_FALSE(scan("data:  [DONE]\n\n").done);
    EXPECT_FALSE(scan(": [DONE]\n\n").done);
    EXPECT_FALSE(scan("data: {\"text\":\"[DONE]\"}\n\n").done);
}

TEST(SseScanner, SeesAnError) {
    EXPECT_TRUE(scan("data: {\"error\":{\"message\":\"x\"}}\n\n").error);
    EXPECT_TRUE(scan("data: {\"error\": null}\n\n").error);
    EXPECT_TRUE(scan("event: error\ndata: {}\n\n").error);
    EXPECT_FALSE(scan("data: {\"text\":\"{\\\"error\\\"\"}\n\n").error);
    EXPECT_FALSE(scan("event: errors\n\n").error);
    EXPECT_FALSE(scan("data: {\"errors\":1}\n\n").error);
}

TEST(SseScanner, CapturesTheLastUsage) {
    EXPECT_EQ(scan("data: {\"usage\":{\"a\":1}}\n\ndata: {\"usage\":{\"a\":2}}\n\n").usage,
              "{\"a\":2}");
    EXPECT_EQ(scan("data: {\"usage\":{\"a\":1}}\n\ndata: {\"usage\":null}\n\n").usage, "{\"a\":1}");
    EXPECT_EQ(scan("data: {\"usage\":{\"a\":1},\"usage\":{\"a\":2}}\n\n").usage, "{\"a\":2}");
}

TEST(SseScanner, CapturesNestedObjectsAndBracesInStrings) {
    EXPECT_EQ(scan(R"(data: {"usage": {"d":{"c":3},"s":"}\"{\\"},"x":{}})"
                   "\n\n")
                  .usage,
              R"({"d":{"c":3},"s":"}\"{\\"})");
}

TEST(SseScanner, CapturesNeitherNullNorANumber) {
    EXPECT_EQ(scan("data: {\"usage\":null,\"x\":{}}\n\n").usage, "");
    EXPECT_EQ(scan("data: {\"usage\":7,\"x\":{}}\n\n").usage, "");
}

TEST(SseScanner, ForgivesBlanksBeforeTheObject) {
    EXPECT_EQ(scan("data: {\"usage\":   {\"a\":1}}\n\n").usage, "{\"a\":1}");
}

TEST(SseScanner, FindsAKeyThatFollowsItsOwnBeginning) {
    EXPECT_EQ(scan("data: \"usage\"usage\":{}\n\n").usage, "{}");
    EXPECT_EQ(scan("data: \"\"usage\":{}\n\n").usage, "{}");
    EXPECT_EQ(scan("data: \"usag\"usage\":{}\n\n").usage, "{}");
    EXPECT_EQ(scan("data: \"usage\":\"usage\":{}\n\n").usage, "{}");
}

TEST(SseScanner, LooksForUsageInDataLinesOnly) {
    EXPECT_EQ(scan(": {\"usage\":{\"a\":1}}\n\n").usage, "");
    EXPECT_EQ(scan("event: {\"usage\":{\"a\":1}}\n\n").usage, "");
    EXPECT_EQ(scan("\"usage\":{\"a\":1}\n\n").usage, "");
}

TEST(SseScanner, DoesNotTakeContentForUsage) {
    EXPECT_EQ(scan(R"(data: {"content":"\"usage\":{\"a\":1}"})"
                   "\n\n")
                  .usage,
              "");
}

TEST(SseScanner, CapturesNothingOverALineEnd) {
    EXPECT_EQ(scan("data: {\"usage\":{\"a\"\ndata: :1}}\n\n").usage, "");
    EXPECT_EQ(scan("data: {\"usa\ndata: ge\":{}}\n\n").usage, "");
}

TEST(SseScanner, CapturesUpToItsBoundAndNotOnePast) {
    const auto event = [](std::size_t length) {
        return "data: {\"usage\":{\"" + std::string(length - 4, 'k') + "\"}}\n\n";
    };

    EXPECT_EQ(scan(event(SseScanner::k_usage_max)).usage.size(), SseScanner::k_usage_max);
    EXPECT_EQ(scan(event(SseScanner::k_usage_max + 1)).usage, "");
}

TEST(SseScanner, KeepsAnEarlierUsageWhenALaterOneIsTooLong) {
    const std::string long_one = "data: {\"usage\":{" + std::string(5000, ' ') + "}}\n\n";
    EXPECT_EQ(scan("data: {\"usage\":{\"a\":1}}\n\n" + long_one).usage, "{\"a\":1}");
}

TEST(SseScanner, KnowsWhetherAnOwnEventMayFollow) {
    EXPECT_TRUE(scan("").between);
    EXPECT_FALSE(scan("d").between);
    EXPECT_FALSE(scan("data: a\n").between);
    EXPECT_TRUE(scan("data: a\n\n").between);
    EXPECT_TRUE(scan("data: a\r\n\r").between);
    EXPECT_TRUE(scan("data: a\r\n\r\n").between);
    EXPECT_FALSE(scan(": ping\n").between);
    EXPECT_TRUE(scan(": ping\n\n").between);
}

TEST(SseScanner, BearsALineOfAnyLength) {
    const std::string text = "data: " + std::string(100'000, '"') + "\n\ndata: [DONE]\n\n";

    EXPECT_EQ(scan(text), (SseFacts{.events = 1, .done = true, .usage = {}}));
}

RC_GTEST_PROP(SseScanner, AgreesWithAPlainReaderHoweverSplit, ()) {
    const auto fragment = rc::gen::element<std::string>(
        "data:", " ", "event: error", "event: message_stop", "[DONE]", "\n", "\r", "\r\n", "\n\n",
        ": c", "{\"error\"", "\"usage\":", "\"usage\"", "\"us", "age\":", "{", "}", "\"", "\\", "x",
        "{\"usage\":{\"prompt_tokens\":3}}", "null", "g");
    const auto fragments = *rc::gen::container<std::vector<std::string>>(fragment);
    std::string text;
    for (const std::string& one : fragments) text += one;
    SseScanner scanner;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto part = static_cast<std::size_t>(*rc::gen::inRange(1, 12));
        // Own storage, so that a look behind a part is noticed by a sanitizer.
        const std::string bytes{rest.substr(0, part)};
        scanner.feed(bytes);
        rest.remove_prefix(bytes.size());
    }

    const SseFacts seen = facts_of(scanner);

    RC_ASSERT(seen == read_sse(text));
}

}  // namespace
}  // namespace penstock::http
