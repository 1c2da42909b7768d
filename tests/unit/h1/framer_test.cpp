#include <optional>
#include <ostream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/h1/framer.h"

namespace penstock::h1 {
namespace {

/// What came out of a framer that was fed in parts.
struct Outcome {
    bool refused = false;
    bool done = false;
    std::string payload;
    std::string wire;
    std::size_t consumed = 0;
};

Outcome feed_all(BodyFramer& framer, std::string_view text, std::size_t part) {
    Outcome outcome;
    Framed framed;
    while (!text.empty() && !framer.done()) {
        const std::string bytes{
            text.substr(0, part)};  // own storage: views must not outlive a call
        std::string_view rest = bytes;
        while (!rest.empty() && !framer.done()) {
            if (!framer.feed(rest, framed)) {
                outcome.refused = true;
                return outcome;
            }
            for (const auto piece : framed.payload()) outcome.payload += piece;
            for (const auto piece : framed.wire()) outcome.wire += piece;
            outcome.consumed += framed.consumed;
            rest.remove_prefix(framed.consumed);
        }
        text.remove_prefix(std::min(part, text.size()));
    }
    outcome.done = framer.done();
    return outcome;
}

Outcome chunked(std::string_view text, std::size_t part = 1 << 20) {
    BodyFramer framer{http::Framing::chunked, 0};
    return feed_all(framer, text, part);
}

class RefusedBody : public testing::TestWithParam<std::string> {};

TEST_P(RefusedBody, IsRefusedHoweverSplit) {
    for (std::size_t part = 1; part <= GetParam().size();
         part += GetParam().size() > 1000 ? 211 : 1) {
        ASSERT_TRUE(chunked(GetParam(), part).refused) << "parts of " << part;
    }
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedBody,
                         testing::Values(
                             "\r\n", ";a\r\n", "g\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n",
                             " 1\r\na\r\n", "1 \r\na\r\n", "1 2\r\n", "1_0\r\n", "1\na\r\n",
                             "1\r\r\na\r\n", "1\rx", "1\r\nab\r\n", "1\r\na\n", "1\r\na\rx",
                             "1\r\naX\r\n", "00000000000000001\r\n", "ffffffffffffffff\r\n",
                             "8000000000000000\r\n", "7fffffffffffffff\r\n", "1;a\nb\r\n",
                             "1;a\rb\r\n", std::string("1;a\0\r\n", 6), "1;\x7f\r\n", "1;\x01\r\n",
                             "1;" + std::string(256, 'a') + "\r\n", "1\t\r\n",
                             std::string(257, ' ') + "1\r\n", "0\r\nX\r\n\r\n",
                             "0\r\nX : a\r\n\r\n", "0\r\nX: a\r\n b\r\n\r\n", "0\r\n: a\r\n\r\n",
                             "0\r\nX: a\nY: b\r\n\r\n", "0\r\nX: a\x01\r\n\r\n", "0\r\n\n", "0\n\n",
                             "0\r\nX: " + std::string(9000, 'a') + "\r\n\r\n",
                             [] {
                                 std::string all = "0\r\n";
                                 for (int i = 0; i < 17; ++i) all += "X: a\r\n";
                                 return all + "\r\n";
                             }(),
                             [] {
                                 std::string all;
                                 for (int i = 0; i < 200; ++i)
                                     all += "1;" + std::string(100, 'e') + "\r\na\r\n";
                                 return all;
                             }()),
                         [](const auto& one) { return "Case" + std::to_string(one.index); });

TEST(Framer, FollowsAContentLengthAndNoFurther) {
    BodyFramer framer{http::Framing::length, 5};

    const Outcome outcome = feed_all(framer, "hellonext", 100);

    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.payload, "hello");
    EXPECT_EQ(outcome.wire, "hello");
    EXPECT_EQ(outcome.consumed, 5U);
}

TEST(Framer, IsDoneAtOnceWithoutABody) {
    EXPECT_TRUE(BodyFramer(http::Framing::none, 0).done());
    EXPECT_TRUE(BodyFramer(http::Framing::length, 0).done());
}

TEST(Framer, ReadsToTheConnectionsEnd) {
    BodyFramer framer{http::Framing::until_close, 0};
    EXPECT_EQ(feed_all(framer, "abc", 1).payload, "abc");
    EXPECT_FALSE(framer.done());
    EXPECT_TRUE(framer.end_of_input());
}

TEST(Framer, TakesAnEarlyEndForTruncation) {
    BodyFramer framer{http::Framing::length, 5};
    (void)feed_all(framer, "abc", 3);
    EXPECT_FALSE(framer.end_of_input());
}

TEST(Framer, LeavesExtensionsAndTheLastChunkOutOfTheWire) {
    for (std::size_t part = 1; part < 40; ++part) {
        const Outcome outcome = chunked("3;a=b\r\nabc\r\n2 ;x\r\nde\r\n0;z\r\n\r\nrest", part);
        ASSERT_TRUE(outcome.done) << part;
        ASSERT_EQ(outcome.payload, "abcde") << part;
        ASSERT_EQ(outcome.wire, "3\r\nabc\r\n2\r\nde\r\n") << part;
    }
}

TEST(Framer, PassesPlainChunksAsOnePiece) {
    BodyFramer framer{http::Framing::chunked, 0};
    Framed framed;

    ASSERT_TRUE(framer.feed("3\r\nabc\r\n2\r\nde\r\n", framed).has_value());

    ASSERT_EQ(framed.wire_count, 1U);
    EXPECT_EQ(framed.wire()[0], "3\r\nabc\r\n2\r\nde\r\n");
    EXPECT_EQ(framed.payload_count, 2U);
}

TEST(Framer, StopsWhenItsPiecesAreFullAndGoesOn) {
    std::string text;
    std::string content;
    for (int i = 0; i < 500; ++i) {
        text += "1;e\r\nx\r\n";
        content += "x";
    }

    const Outcome outcome = chunked(text + "0\r\n\r\n");

    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.payload, content);
}

TEST(Framer, KnowsWhereAnOwnChunkMayStand) {
    BodyFramer framer{http::Framing::chunked, 0};
    Framed framed;
    EXPECT_TRUE(framer.at_boundary());
    ASSERT_TRUE(framer.feed("5\r\nab", framed).has_value());
    EXPECT_FALSE(framer.at_boundary());
    ASSERT_TRUE(framer.feed("cde", framed).has_value());
    EXPECT_FALSE(framer.at_boundary());
    ASSERT_TRUE(framer.feed("\r\n1", framed).has_value());
    EXPECT_TRUE(framer.at_boundary());
}

TEST(Framer, KeepsHarmlessTrailersOnly) {
    BodyFramer framer{http::Framing::chunked, 0};
    (void)feed_all(framer,
                   "0\r\nX-Sum: 1\r\nHost: evil\r\nContent-Length: 3\r\nAuthorization: "
                   "x\r\nSet-Cookie: a\r\n\r\n",
                   7);

    ASSERT_TRUE(framer.done());
    ASSERT_EQ(framer.trailers().size(), 1U);
    EXPECT_EQ(framer.trailers()[0].name, "X-Sum");
}

RC_GTEST_PROP(Framer, WireIsAValidCodingOfTheSameContent, ()) {
    std::string text;
    std::string content;
    const auto sizes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 300));
    for (const int size : sizes) {
        char digits[16];
        std::snprintf(digits, sizeof digits, *rc::gen::arbitrary<bool>() ? "%x" : "%04X",
                      static_cast<unsigned>(size));
        text += digits;
        if (*rc::gen::inRange(0, 4) == 0) text += ";ext=\"v\"";
        const std::string data(static_cast<std::size_t>(size),
                               static_cast<char>(*rc::gen::inRange(0, 256)));
        text += "\r\n" + data + "\r\n";
        content += data;
    }
    text += "0\r\n\r\n";

    const Outcome outcome = chunked(text, static_cast<std::size_t>(*rc::gen::inRange(1, 500)));

    RC_ASSERT(outcome.done);
    RC_ASSERT(outcome.payload == content);
    RC_ASSERT(outcome.consumed == text.size());
    const Outcome again = chunked(outcome.wire + "0\r\n\r\n");
    RC_ASSERT(again.done);
    RC_ASSERT(again.payload == content);
}

}  // namespace
}  // namespace penstock::h1
