#include "line.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/base/utf8.h"

namespace penstock::telemetry {
namespace {

std::string utc_text(std::int64_t unix_ms) {
    std::string text;
    append_utc(text, unix_ms);
    return text;
}

TEST(UtcText, TellsTheEpoch) {
    EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000Z");
}

TEST(UtcText, KnowsLeapDays) {
    EXPECT_EQ(utc_text(1'709'251'199'007), "2024-02-29T23:59:59.007Z");
    EXPECT_EQ(utc_text(1'709'251'200'000), "2024-03-01T00:00:00.000Z");
}

TEST(JsonLine, TellsFieldsInOrder) {
    Line line{LogFormat::json};

    line.text("a", "x");
    line.number("b", 7);
    line.flag("c", true);
    line.unknown("d");

    EXPECT_EQ(std::move(line).take(), R"({"a":"x","b":7,"c":true,"d":null})");
}

TEST(JsonLine, EscapesValues) {
    Line line{LogFormat::json};

    line.text("path", "/a\"b\\\n");

    EXPECT_EQ(std::move(line).take(), R"({"path":"/a\"b\\\n"})");
}

TEST(JsonLine, TellsADocumentAsItIs) {
    Line line{LogFormat::json};

    line.json("a", R"([{"b":1}])");

    EXPECT_EQ(std::move(line).take(), R"({"a":[{"b":1}]})");
}

TEST(LogfmtLine, TellsADocumentAsAText) {
    Line line{LogFormat::logfmt};

    line.json("a", R"([{"b":1}])");

    EXPECT_EQ(std::move(line).take(), R"(a="[{\"b\":1}]")");
}

TEST(LogfmtLine, LeavesUnknownFieldsOut) {
    Line line{LogFormat::logfmt};

    line.text("a", "x");
    line.text("b", "");
    line.unknown("c");
    line.number("d", 0);

    EXPECT_EQ(std::move(line).take(), "a=x d=0");
}

TEST(LogfmtLine, QuotesWhatIsNotPlain) {
    Line line{LogFormat::logfmt};

    line.text("a", "two words");
    line.text("b", "k=v");
    line.text("c", "\"");
    line.text("d", "line\nbreak");
    line.text("e", "http://[::1]:80/x?y");

    EXPECT_EQ(std::move(line).take(),
              R"(a="two words" b="k=v" c="\"" d="line\nbreak" e=http://[::1]:80/x?y)");
}

TEST(LogfmtLine, EscapesUnicodeLineEnds) {
    Line line{LogFormat::logfmt};

    line.text("a", "x\xE2\x80\xA8y\xC2\x85");

    EXPECT_EQ(std::move(line).take(), R"(a="x\u2028y\u0085")");
}

TEST(Line, TellsMillisecondsWithThreeDecimals) {
    Line line{LogFormat::logfmt};

    line.millis("a", Micros{0});
    line.millis("b", Micros{12'007});
    line.millis("c", Micros{-5});

    EXPECT_EQ(std::move(line).take(), "a=0.000 b=12.007 c=0.000");
}

RC_GTEST_PROP(Line, StaysOneLineWhateverAValueHolds, (const std::string& value)) {
    for (const LogFormat format : {LogFormat::json, LogFormat::logfmt}) {
        Line line{format};
        line.text("value", value);
        const std::string text = std::move(line).take();

        for (const char c : text) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
    }
}

RC_GTEST_PROP(Line, IsUtf8WhateverAValueHolds, (const std::string& value)) {
    Line line{LogFormat::json};
    line.text("value", value);
    const std::string text = std::move(line).take();

    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(utf8_length(rest))) {
        RC_ASSERT(utf8_length(rest) > 0U);
    }
}

}  // namespace
}  // namespace penstock::telemetry
