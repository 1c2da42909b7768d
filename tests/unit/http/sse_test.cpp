#include "penstock/http/sse.h"

#include <ostream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

namespace penstock::http {
namespace {

/// All that a scanner tells.
struct Findings {
    std::uint64_t events = 0;
    bool done = false;
    bool error = false;
    bool between = true;
    std::string usage;
    friend bool operator==(const Findings&, const Findings&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Findings& f) {
        return out << f.events << " events, done " << f.done << ", error " << f.error
                   << ", between " << f.between << ", usage " << f.usage;
    }
};

Findings findings_of(const SseScanner& scanner) {
    return {scanner.events(), scanner.saw_done(), scanner.saw_error(), scanner.between_events(),
            std::string{scanner.usage()}};
}

Findings scan(std::string_view text) {
    SseScanner scanner;
    scanner.feed(text);
    return findings_of(scanner);
}

TEST(SseScanner, CountsEventsWithData) {
    EXPECT_EQ(scan("data: a\n\ndata: b\n\n").events, 2U);
    EXPECT_EQ(scan("data: a\ndata: b\n\n").events, 1U);
    EXPECT_EQ(scan("data:a\n\n").events, 1U);
}

TEST(SseScanner, CountsNoCommentsNorEventsWithoutData) {
    EXPECT_EQ(scan(": ping\n\nevent: ping\n\n\n\nid: 3\n\n").events, 0U);
}

TEST(SseScanner, CountsNoEventThatIsNotEnded) {
    EXPECT_EQ(scan("data: a\n").events, 0U);
}

TEST(SseScanner, KnowsAllThreeLineEnds) {
    EXPECT_EQ(scan("data: a\r\rdata: b\r\r").events, 2U);
    EXPECT_EQ(scan("data: a\r\n\r\ndata: b\r\n\r\n").events, 2U);
    EXPECT_EQ(scan("data: a\r\n\ndata: b\n\r\n").events, 2U);
}

TEST(SseScanner, SeesTheEnd) {
    const Findings found = scan("data: a\n\ndata: [DONE]\n\n");

    EXPECT_TRUE(found.done);
    EXPECT_EQ(found.events, 1U);
    EXPECT_FALSE(scan("data: [DONE]x\n\n").done);
    EXPECT_TRUE(scan("data:[DONE]\n\n").done);
}

TEST(SseScanner, SeesTheEndOfAnAnthropicStream) {
    EXPECT_TRUE(scan("event: message_stop\ndata: {}\n\n").done);
    EXPECT_FALSE(scan("event: message_start\ndata: {}\n\n").done);
}

TEST(SseScanner, SeesAnError) {
    EXPECT_TRUE(scan("data: {\"error\": {}}\n\n").error);
    EXPECT_TRUE(scan("event: error\ndata: {}\n\n").error);
    EXPECT_FALSE(scan("data: {\"errors\": {}}\n\n").error);
    EXPECT_FALSE(scan("data: {\"x\": {\"error\": 1}}\n\n").error);
}

TEST(SseScanner, TellsWhereAnOwnEventMayFollow) {
    EXPECT_TRUE(scan("").between);
    EXPECT_TRUE(scan("data: a\n\n").between);
    EXPECT_FALSE(scan("data: a\n").between);
    EXPECT_FALSE(scan("data").between);
}

TEST(SseScanner, CapturesTheLastUsage) {
    EXPECT_EQ(scan("data: {\"usage\":{\"a\":1}}\n\ndata: {\"usage\": {\"b\":{\"c\":2}}}\n\n").usage,
              "{\"b\":{\"c\":2}}");
}

TEST(SseScanner, CapturesNoNullNorNumber) {
    EXPECT_EQ(scan("data: {\"usage\":null}\n\n").usage, "");
    EXPECT_EQ(scan("data: {\"usage\":7,\"x\":{}}\n\n").usage, "");
}

TEST(SseScanner, KeepsAnOlderUsageWhenALaterIsNull) {
    EXPECT_EQ(scan("data: {\"usage\":{\"a\":1}}\n\ndata: {\"usage\":null}\n\n").usage, "{\"a\":1}");
}

TEST(SseScanner, MindsBracesAndQuotesInsideStrings) {
    EXPECT_EQ(scan(R"(data: {"usage":{"a":"}\"}","b":1}})"
                   "\n\n")
                  .usage,
              R"({"a":"}\"}","b":1})");
}

TEST(SseScanner, IsNotDeceivedByEscapedUsageInContent) {
    EXPECT_EQ(scan(R"(data: {"content":"{\"usage\":{\"a\":1}}"})"
                   "\n\n")
                  .usage,
              "");
}

TEST(SseScanner, FindsUsageBehindAFalseStart) {
    EXPECT_EQ(scan("data: \"usag\"usage\":{}\n\n").usage, "{}");
    EXPECT_EQ(scan("data: \"\"usage\":{}\n\n").usage, "{}");
    EXPECT_EQ(scan("data: \"usage\":\"usage\":{}\n\n").usage, "{}");
}

TEST(SseScanner, CapturesUpToTheBoundAndNotOnePast) {
    const auto usage = [](std::size_t size) {
        return "{\"a\":\"" + std::string(size - 8, 'x') + "\"}";
    };
    ASSERT_EQ(usage(SseScanner::k_usage_max).size(), SseScanner::k_usage_max);

    EXPECT_EQ(scan("data: {\"usage\":" + usage(SseScanner::k_usage_max) + "}\n\n").usage,
              usage(SseScanner::k_usage_max));
    EXPECT_EQ(scan("data: {\"usage\":" + usage(SseScanner::k_usage_max + 1) + "}\n\n").usage, "");
}

TEST(SseScanner, GivesUpAnUnfinishedUsageAtTheEndOfItsLine) {
    EXPECT_EQ(scan("data: {\"usage\":{\"a\":\ndata: 1}}\n\n").usage, "");
}

TEST(SseScanner, BearsALineLongerThanAnyWindow) {
    EXPECT_EQ(scan("data: " + std::string(1 << 20, 'x') + "\n\ndata: [DONE]\n\n").events, 1U);
}

// The same in the plainest words: the whole text, cut into lines.
Findings naive(std::string text) {
    Findings found;
    std::string normal;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        normal += text[i] == '\r' ? '\n' : text[i];
    }
    bool data = false;
    std::size_t at = 0;
    for (std::size_t lf = 0; (lf = normal.find('\n', at)) != std::string::npos; at = lf + 1) {
        const std::string line = normal.substr(at, lf - at);
        const auto value = [&line](std::size_t name) {
            return line.substr(name + (line.size() > name && line[name] == ' ' ? 1 : 0));
        };
        found.between = line.empty();
        if (line.empty()) {
            found.events += data ? 1 : 0;
            data = false;
        } else if (line.starts_with("data:")) {
            if (value(5) == "[DONE]")
                found.done = true;
            else
                data = true;
            if (value(5).starts_with("{\"error\"")) found.error = true;
        } else if (line.starts_with("event:")) {
            if (value(6) == "error") found.error = true;
            if (value(6) == "message_stop") found.done = true;
        }
    }
    if (at < normal.size()) found.between = false;
    return found;
}

rc::Gen<std::string> pieces_of_streams() {
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
            "data:", "data: ", "event: ", "error", "message_stop", "[DONE]", "{\"error\"", ":",
            "\n", "\r", "\r\n", "\n\n", "\"usage\":", "\"usage\": ", "{", "}", "\"", "\\", "x",
            "\"u", "null", "data: x\n\n")),
        [](const std::vector<std::string>& pieces) {
            std::string text;
            for (const auto& piece : pieces) text += piece;
            return text;
        });
}

RC_GTEST_PROP(SseScannerProperty, AgreesWithANaiveReader, ()) {
    const std::string text = *pieces_of_streams();
    Findings found = scan(text);
    found.usage.clear();

    RC_ASSERT(found == naive(text));
}

RC_GTEST_PROP(SseScannerProperty, FindsTheSameHoweverTheTextIsCut, ()) {
    const std::string text = *pieces_of_streams();
    SseScanner cut;
    for (std::size_t at = 0; at < text.size();) {
        const auto length = *rc::gen::inRange<std::size_t>(1, 7);
        cut.feed(std::string_view{text}.substr(at, length));
        at += length;
    }

    RC_ASSERT(findings_of(cut) == scan(text));
}

TEST(SseScanner, FindsTheSameInSingleBytes) {
    const std::string text =
        "event: a\r\ndata: {\"usage\": {\"p\":{\"q\":\"}\"}}}\r\n\r\ndata: [DONE]\n\n: c\r\rdata: "
        "x\n";
    SseScanner bytes;

    for (const char c : text) bytes.feed({&c, 1});

    EXPECT_EQ(findings_of(bytes), scan(text));
}

}  // namespace
}  // namespace penstock::http
